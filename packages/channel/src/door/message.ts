import { canonicalJson, parseCanonicalJson, shape, type Json } from '@themis-mesh/core';

/** The one thing that a visitor says. */
export interface Question {
  /** What it is about, such as `admission`. */
  readonly ask: string;
  readonly body: Json;
}

/** What a door says: that it takes time, as often as it likes, and then one answer. */
export type Reply =
  | { readonly answer: 'wait' }
  | { readonly answer: 'given'; readonly body: Json }
  /** A refusal code, or a name of a newer release that is only shown. */
  | { readonly answer: 'refused'; readonly code: string };

const any: shape.Shape<Json> = (value) => value;
const version = shape.literal(1);
const word = shape.text(/^[a-z0-9-]{1,64}$/, 'a word of a to z, 0 to 9 and hyphens');

const questionShape = shape.object<Question & { readonly v: 1 }>({ v: version, ask: word, body: any });
const waitShape = shape.object<{ readonly v: 1; readonly answer: 'wait' }>({ v: version, answer: shape.literal('wait') });
const givenShape = shape.object<{ readonly v: 1; readonly answer: 'given'; readonly body: Json }>({
  v: version,
  answer: shape.literal('given'),
  body: any,
});
const refusedShape = shape.object<{ readonly v: 1; readonly answer: 'refused'; readonly code: string }>({
  v: version,
  answer: shape.literal('refused'),
  code: word,
});

/** Four bytes of length, big-endian, then that many of RFC 8785 JSON. */
export function encodeMessage(message: Question | Reply): Buffer {
  const body = Buffer.from(canonicalJson({ v: 1, ...message }));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** @param body what follows the length. @returns undefined for anything but a question of version 1 */
export function decodeQuestion(body: Uint8Array): Question | undefined {
  const question = firstOf(body, questionShape);
  return question === undefined ? undefined : { ask: question.ask, body: question.body };
}

/** @returns undefined for anything but a reply of version 1 */
export function decodeReply(body: Uint8Array): Reply | undefined {
  return firstOf<Reply>(body, waitShape, givenShape, refusedShape);
}

function firstOf<T>(body: Uint8Array, ...shapes: readonly shape.Shape<T>[]): T | undefined {
  const json = parseCanonicalJson(body);
  if (json === undefined) return undefined;
  for (const read of shapes) {
    try {
      return read(json, '');
    } catch (error) {
      if (!(error instanceof shape.ShapeError)) throw error;
    }
  }
  return undefined;
}
