import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TRUST_REFUSALS } from '@themis-mesh/core';
import { encodeAnswer, secureContextOptions } from '@themis-mesh/channel';
import { DRAIN_AT } from '../src/channel.ts';
import { refusalResponse } from '../src/refusal-response.ts';
import { KEEP_ALIVE_MS } from '../src/tls-profile.ts';

const page = readFileSync(new URL('../../../docs/reference/channel.md', import.meta.url), 'utf8');

/** The one block of code of that language. */
function block(language: string): string {
  const found = page.split(`\`\`\`${language}\n`)[1]?.split('```')[0];
  assert(found !== undefined, language);
  return found;
}

test('docs/reference/channel.md shows an answer and a refusal as they are', () => {
  assert.equal(block('json').trim(), encodeAnswer(1_700_000_000_000, 'member-removed').subarray(2).toString());
  assert.equal(block('http'), refusalResponse('member-removed').toString().replaceAll('\r\n', '\n'));
});

test('docs/reference/channel.md names the parameters of TLS and the times', () => {
  const { ecdhCurve, ciphers, sigalgs } = secureContextOptions({ key: '', chain: '', serial: '', notAfter: 0 });
  assert(page.includes(`| ${String(ecdhCurve).replaceAll(':', ', ').replace('P-256', 'secp256r1')} |`));
  assert(page.includes(`| ${String(ciphers).replaceAll(':', ', ')} |`));
  assert(page.includes(`| ${String(sigalgs)}, `));
  assert(page.includes(`| ${DRAIN_AT.dialler} | the dialler drains`));
  assert(page.includes(`| ${DRAIN_AT.accepter} | the accepter drains`));
  assert(page.includes(`after ${KEEP_ALIVE_MS / 1000} seconds of silence`));
});

test('docs/reference/channel.md names every refusal of a connection', () => {
  for (const code of Object.keys(TRUST_REFUSALS)) {
    // A dialler's own error, which the page has by its code.
    if (code !== 'clock-skew') assert(page.includes(`\`${code}\``), code);
  }
});
