export { foldName } from '@themis-mesh/core';

/** Names and values of a message's fields in turn, as in `IncomingMessage.rawHeaders`: order, case and repetitions are kept. */
export type Fields = readonly string[];

/** @returns each field with its name in lower case, as it stands, and its value */
export function* fieldsOf(
  fields: Fields,
): Generator<{ readonly name: string; readonly spelling: string; readonly value: string }> {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const spelling = fields[index] ?? '';
    yield { name: spelling.toLowerCase(), spelling, value: fields[index + 1] ?? '' };
  }
}

/** All values of a field, in order. @param name in lower case */
export function valuesOf(fields: Fields, name: string): readonly string[] {
  return [...fieldsOf(fields)].filter((field) => field.name === name).map(({ value }) => value);
}

/** The members of a field that is a comma-separated list (RFC 9110 section 5.6.1), in lower case. @param name in lower case */
export function listOf(fields: Fields, name: string): readonly string[] {
  return valuesOf(fields, name)
    .join(',')
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '');
}

/** @param keeps is given the name in lower case */
export function filterFields(fields: Fields, keeps: (name: string) => boolean): string[] {
  return [...fieldsOf(fields)].filter(({ name }) => keeps(name)).flatMap(({ spelling, value }) => [spelling, value]);
}
