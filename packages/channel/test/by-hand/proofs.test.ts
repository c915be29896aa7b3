import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { Stage } from '@themis-mesh/testkit';
import { proveByHand, type Proof } from './tls-client.ts';

const REQUEST = 'POST /charge HTTP/1.1\r\nhost: payments\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}';

interface Outcome {
  readonly said: string;
  readonly refusals: readonly string[];
  readonly detail: string | undefined;
  readonly executed: number;
}

/** Presents the good chain of a member, with its request in the same flight, but for what is changed. */
async function prove(change: Partial<Proof>): Promise<Outcome> {
  let executed = 0;
  const server = createServer((_, response) => {
    executed += 1;
    response.end('charged');
  });
  await using stage = await Stage.open({ onChannel: ({ socket }) => server.emit('connection', socket) });
  const { leaf, identity, privateKey } = await stage.app.leaf('web');
  const proof = { certificates: [leaf, identity], key: privateKey, request: REQUEST, ...change };
  const said = await proveByHand(stage.address, 'http/1.1', proof);
  return { said, refusals: stage.refusals, detail: stage.refused[0]?.refusal.detail, executed };
}

const SPOILED: Readonly<Record<string, { readonly change: Partial<Proof>; readonly detail: RegExp }>> = {
  "a proof by another key than the leaf's": {
    change: { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    detail: /SIGNATURE_FAILURE|BAD_SIGNATURE/,
  },
  'no proof at all': { change: { key: undefined }, detail: /UNEXPECTED_MESSAGE/ },
  'an empty proof': { change: { changeSignature: () => Buffer.alloc(0) }, detail: /SIGNATURE/ },
  'a proof of r and s that are zero': {
    change: { changeSignature: () => Buffer.from('3006020100020100', 'hex') },
    detail: /SIGNATURE/,
  },
  'a proof with one bit changed': {
    change: { changeSignature: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]) },
    detail: /SIGNATURE/,
  },
  'a proof that says another algorithm': { change: { scheme: 0x0804 }, detail: /WRONG_SIGNATURE_TYPE/ },
  'a proof of SHA-1': { change: { scheme: 0x0203 }, detail: /WRONG_SIGNATURE_TYPE/ },
  'a proof without certificates': { change: { certificates: [] }, detail: /UNEXPECTED_MESSAGE/ },
  'no Finished': { change: { changeFinished: undefined }, detail: /DECRYPTION_FAILED_OR_BAD_RECORD_MAC/ },
  'a Finished of zeros': { change: { changeFinished: (data) => Buffer.alloc(data.length) }, detail: /DIGEST_CHECK_FAILED/ },
  'a Finished that is too short': { change: { changeFinished: (data) => data.subarray(1) }, detail: /LENGTH/ },
  'a certificate that is none': { change: { certificates: [Buffer.from('certificate')] }, detail: /./ },
};

describe('a client that is put together by hand', () => {
  it('is served when it does all as it should', async () => {
    const { said, refusals, executed } = await prove({});
    assert.match(said, /^HTTP\/1.1 200 OK\r\n[^]*charged$/);
    assert.deepEqual(refusals, []);
    assert.equal(executed, 1);
  });

  it('is refused without certificate and proof', async () => {
    const { said, refusals, executed } = await prove({ certificates: [], key: undefined });
    assert.match(said, /^HTTP\/1.1 403 Forbidden\r\n[^]*chain-empty/);
    assert.deepEqual(refusals, ['chain-empty']);
    assert.equal(executed, 0);
  });

  // None of these can be sent by OpenSSL or Node: both hold the key against the certificate, and both prove it.
  for (const [what, { change, detail }] of Object.entries(SPOILED)) {
    it(`gets an alert for ${what}`, async () => {
      const outcome = await prove(change);
      assert.match(outcome.said, /^alert \d+$/);
      assert.deepEqual(outcome.refusals, ['handshake-failed']);
      assert.match(outcome.detail ?? '', detail);
      assert.equal(outcome.executed, 0);
    });
  }
});
