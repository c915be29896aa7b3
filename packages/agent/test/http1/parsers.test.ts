import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequests, readResponses, slice, type Told, type Transcript } from './transcript.ts';
import { casesOf, textOf, type Case, type Meaning } from './vectors.ts';

for (const one of casesOf('requests')) {
  test(`request: ${one.name}`, () => {
    check(one, (pieces) => readRequests(pieces, one.forms));
  });
}

for (const one of casesOf('responses')) {
  const asked = (one.asked ?? [{ method: 'GET' }]).map(({ method, upgrade = false }) => ({ method, upgrade }));
  test(`response: ${one.name}`, () => {
    check(one, (pieces) => readResponses(pieces, asked));
  });
}

/** Holds what is read against the case, however the bytes are sliced. */
function check<Head extends object>(one: Case, read: (pieces: readonly Buffer[]) => Transcript<Head>): void {
  const text = textOf(one);
  const whole = read([Buffer.from(text, 'latin1')]);
  compare(one, whole);
  // Where a fault is seen in pieces before all is there, another of the same bytes may be the first.
  const strip = ({ fault, ...rest }: Transcript<Head>): object => ({ ...rest, isFault: fault !== undefined });
  for (const lengths of [[1], [2], [3, 1], [7], [4096]])
    assert.deepEqual(strip(read(slice(text, lengths))), strip(whole), lengths.join());
  if (text.length > 400) return;
  for (let at = 1; at < text.length; at += 1) {
    assert.deepEqual(strip(read(slice(text, [at, text.length]))), strip(whole), `cut at ${at}`);
  }
}

function compare<Head extends object>(one: Case, { messages, fault, rest }: Transcript<Head>): void {
  assert.equal(fault, one.fault);
  assert.equal(messages.length, one.messages.length);
  for (const [index, meaning] of one.messages.entries()) {
    const told = messages[index];
    assert.ok(told !== undefined);
    assert.deepEqual(meant(told, meaning, rest), meaning);
  }
}

/** As much of what was told as a case speaks of. */
function meant<Head extends object>(told: Told<Head>, meaning: Meaning, rest: string): Partial<Record<string, unknown>> {
  const hasNoEnd = meaning.partial !== undefined || meaning.interim === true || meaning.rest !== undefined;
  assert.equal(told.isEnded, !hasNoEnd);
  const body = meaning.partial === undefined ? { body: told.body } : { partial: told.body };
  const seen = { ...told.head, ...body, trailers: told.trailers, interim: hasNoEnd, rest };
  if (meaning.body === undefined && meaning.partial === undefined) assert.equal(told.body, '');
  if (meaning.trailers === undefined) assert.deepEqual(told.trailers, []);
  return Object.fromEntries(Object.entries(seen).filter(([name]) => name in meaning));
}
