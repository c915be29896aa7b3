import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, describe, it, type TestContext } from 'node:test';
import { anyAuthenticatedPeer } from '@themis-mesh/channel';
import { connectWithOpenssl, Stage, whyMissing, Workbench } from '@themis-mesh/testkit';
import { ANY_STRENGTH, BAD_CHAINS, type BadChain } from './bad-chains.ts';

const REQUEST = 'POST /charge HTTP/1.1\r\nhost: payments\r\ncontent-length: 2\r\n\r\n{}';

// Where TLS itself stops what the case wants to show: a chain that it cannot read, a key that it cannot sign with.
const BY_TLS: ReadonlySet<string> = new Set(['handshake-failed', 'chain-empty']);

let refusedByName = 0;

/** One caller of openssl with a bad chain, on http/1.1, that sends a request with its Finished. */
async function call(t: TestContext, { refused, verifier, identity }: BadChain): Promise<void> {
  const executed: unknown[] = [];
  const server = createServer((request, response) => {
    executed.push(request.url);
    response.end();
  });
  await using stage = await Stage.open({
    authenticator: await verifier(),
    authorize: anyAuthenticatedPeer,
    onChannel: ({ socket }) => server.emit('connection', socket),
  });
  using workbench = new Workbench();
  const args = ['-tls1_3', ...ANY_STRENGTH, '-alpn', 'http/1.1', '-quiet', ...workbench.present(identity)];
  const { said, errors } = await connectWithOpenssl(stage.address, args, REQUEST);

  assert.deepEqual(executed, []);
  assert.equal(stage.accepted.length, 0);
  if (stage.refusals.length === 0) {
    t.skip(`not sent: ${errors.split('\n')[0] ?? ''}`);
    return;
  }
  assert.equal(stage.refusals.length, 1);
  const [code = ''] = stage.refusals;
  // OpenSSL that cannot read its own key takes the error that it left for one of the connection, and reads no answer.
  const isDeaf = errors.includes('X509_PUBKEY_get0:');
  if (code !== 'handshake-failed' && !isDeaf)
    assert.match(said, new RegExp(`^HTTP/1.1 403 Forbidden\r\n[^]*"refusal":"${code}"`));
  if (code === refused) refusedByName += 1;
  else assert(BY_TLS.has(code), `${code} instead of ${refused}`);
}

describe('callers with bad chains, by openssl s_client', { skip: whyMissing('openssl', 'version'), concurrency: 4 }, () => {
  for (const chain of BAD_CHAINS.filter(({ isSentByOpenssl }) => isSentByOpenssl)) {
    it(`${chain.name}: ${chain.defect}`, (t) => call(t, chain));
  }

  after(() => {
    assert(refusedByName >= 300, `only ${refusedByName} were refused by the code of the case`);
  });
});
