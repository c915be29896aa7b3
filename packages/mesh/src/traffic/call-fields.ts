import { DEADLINE_FIELD, GRPC_TIMEOUT_FIELD, timeLeft } from './deadline.ts';

/** By which a caller declares a request safe to be done twice: `safe`. It is for the mesh, and is not sent on. */
export const RETRY_FIELD = 'x-themis-retry';

/** What the fields of a request say to the mesh. */
export interface CallFields {
  /** The fields without them. */
  readonly rest: readonly string[];
  /** Milliseconds. */
  readonly timeLeft: number | undefined;
  readonly isSafe: boolean;
}

/** @returns undefined where they say nothing to it, which costs a look at the length of each name */
export function readCallFields(fields: readonly string[]): CallFields | undefined {
  let isSpoken = false;
  for (let index = 0; index < fields.length; index += 2) {
    const { length } = fields[index] ?? '';
    if (length !== DEADLINE_FIELD.length && length !== RETRY_FIELD.length && length !== GRPC_TIMEOUT_FIELD.length) continue;
    isSpoken ||= KNOWN.has((fields[index] ?? '').toLowerCase());
  }
  if (!isSpoken) return undefined;
  const rest: string[] = [];
  let isSafe = false;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [name = '', value = ''] = [fields[index], fields[index + 1]];
    const known = name.toLowerCase();
    if (known === RETRY_FIELD) isSafe ||= value === 'safe';
    // What is left is told anew with each try. gRPC reads its own field, which is nobody else's to write.
    else if (known !== DEADLINE_FIELD) rest.push(name, value);
  }
  return { rest, isSafe, timeLeft: timeLeft(fields) };
}

const KNOWN: ReadonlySet<string> = new Set([DEADLINE_FIELD, RETRY_FIELD, GRPC_TIMEOUT_FIELD]);
