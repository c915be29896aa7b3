import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { anyAuthenticatedPeer } from '@themis-mesh/channel';
import { Stage } from '@themis-mesh/testkit';
import { proveByHand } from '../test/by-hand/tls-client.ts';
import { BAD_CHAINS, type BadChain } from './bad-chains.ts';
import { REQUEST } from './till.ts';

/**
 * OpenSSL reads BER around what is signed (the outer length, the string that holds the signature) and hands the certificate
 * on in DER. What the signature covers is not touched, so that it is the same certificate; nothing but its wrapping was bad.
 */
const MENDED_BY_TLS: ReadonlySet<string> = new Set([
  'leaf-der-constructed',
  'identity-der-constructed',
  'leaf-der-length-indefinite',
  'identity-der-length-indefinite',
  'leaf-der-length-padded',
  'identity-der-length-padded',
]);

let refusedByName = 0;

async function present({ name, refused, chain, leafKey, verifier }: BadChain): Promise<void> {
  await using stage = await Stage.open({
    authenticator: await verifier(),
    authorize: anyAuthenticatedPeer,
    onChannel: ({ socket }) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'),
  });
  const key = chain.length === 0 ? undefined : leafKey;
  const said = await proveByHand(stage.address, 'http/1.1', { certificates: chain, key, request: REQUEST });
  if (MENDED_BY_TLS.has(name)) {
    assert.deepEqual(stage.refusals, []);
    return;
  }
  assert.equal(stage.accepted.length, 0);
  assert.equal(stage.refusals.length, 1);
  const [code] = stage.refusals;
  if (code === refused) {
    refusedByName += 1;
    assert.match(said, new RegExp(`^HTTP/1.1 403 Forbidden\r\n[^]*"refusal":"${refused}"`));
  } else {
    // TLS could not read the certificate, or not verify the proof by its key.
    assert.equal(code, 'handshake-failed');
    assert.match(said, /^alert \d+$/);
  }
}

describe('bad chains as their bytes are, by a client that is put together by hand', { concurrency: 4 }, () => {
  // Keys of Edwards curves sign otherwise than this client does. OpenSSL's own client has them elsewhere in this suite.
  for (const chain of BAD_CHAINS.filter(({ leafKey }) => ['ec', 'rsa'].includes(leafKey.asymmetricKeyType ?? ''))) {
    it(`${chain.name}: ${chain.defect}`, () => present(chain));
  }

  after(() => {
    assert(refusedByName >= 390, `only ${refusedByName} were refused by the code of the case`);
  });
});
