import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { pythonWith } from '@themis-mesh/testkit';
import fc from 'fast-check';
import { accepted, type ReadRequest } from '../test/http1/meaning.ts';
import { mutatedRequests } from '../test/http1/mutations.ts';
import { readRequests } from '../test/http1/transcript.ts';

const RUNS = 20_000;
const python = pythonWith('h11==0.16.0', 'h11');
const PYTHON = 'path' in python ? python.path : '';

test("whatever is accepted is accepted, and read alike, by Python's h11", { skip: 'why' in python ? python.why : false }, () => {
  const seed = Date.now();
  const cases = fc
    .sample(mutatedRequests, { numRuns: RUNS, seed })
    .map((text) => ({ text, ours: accepted(readRequests([Buffer.from(text, 'latin1')])) }))
    // h11 stops at an upgrade, for its user to decide.
    .filter(({ text, ours }) => ours !== undefined && ours.length > 0 && !/upgrade/i.test(text));
  assert.ok(cases.length > RUNS / 20, `${cases.length} were accepted`);
  const { stdout, stderr } = spawnSync(PYTHON, [new URL('read-with-h11.py', import.meta.url).pathname], {
    input: cases.map(({ text }) => `${Buffer.from(text, 'latin1').toString('base64')}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, cases.length, stderr);
  for (const [index, { text, ours = [] }] of cases.entries()) {
    const theirs = JSON.parse(lines[index] ?? '') as { readonly requests: readonly ReadRequest[]; readonly error?: string };
    // It knows no empty line before a request, which RFC 9112 section 2.2 has servers pass over.
    if (theirs.error === 'no request line received') continue;
    assert.deepEqual(
      theirs.requests.slice(0, ours.length).map(unframed),
      ours.map(unframed),
      `seed ${seed}: ${JSON.stringify(text)} (${theirs.error})`,
    );
  }
});

/** Without the fields of framing, which h11 spells in its own way: what came of them shows in the bodies. */
function unframed(request: ReadRequest): ReadRequest {
  const { fields } = request;
  const isFraming = (at: number): boolean => /^(?:content-length|transfer-encoding)$/.test(fields[at - (at % 2)] ?? '');
  return { ...request, fields: fields.filter((_, at) => !isFraming(at)) };
}
