import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { anyAuthenticatedPeer, dial } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import { OpensslServer, SwappableCredentials, TestApp, whyMissing, Workbench } from '@themis-mesh/testkit';
import { ANY_STRENGTH, BAD_CHAINS, type BadChain } from './bad-chains.ts';

const credentials = new SwappableCredentials(await (await TestApp.found(['web'])).leaf('web'));

let refusedByName = 0;

/** One call to a server of openssl with a bad chain. */
async function meet(t: TestContext, { refused, verifier, identity }: BadChain): Promise<void> {
  using workbench = new Workbench();
  const present = identity.leaf === undefined ? ['-nocert'] : workbench.present(identity);
  await using server = new OpensslServer(['-tls1_3', ...ANY_STRENGTH, '-alpn', 'themis-tcp/1', ...present]);
  const address = await server.address();
  if (address === undefined) {
    t.skip(`openssl does not serve it: ${/^.*error.*$/m.exec(server.said)?.[0] ?? ''}`);
    return;
  }
  const failure = dial({
    address,
    protocol: 'themis-tcp/1',
    credentials,
    authenticator: await verifier(),
    expect: anyAuthenticatedPeer,
  });
  await assert.rejects(failure, (error) => {
    assert(ThemisError.is(error), String(error));
    // Where the key is of another kind, the two sides find no signature algorithm, and there is no chain to refuse.
    if (error.code === 'THEMIS_HANDSHAKE_FAILED') return true;
    assert.equal(error.code, 'THEMIS_PEER_REFUSED');
    assert.equal(error.refusal?.code, refused);
    refusedByName += 1;
    return true;
  });
}

describe('accepters with bad chains, by openssl s_server', { skip: whyMissing('openssl', 'version'), concurrency: 4 }, () => {
  for (const chain of BAD_CHAINS.filter(({ isSentByOpenssl }) => isSentByOpenssl)) {
    it(`${chain.name}: ${chain.defect}`, (t) => meet(t, chain));
  }

  after(() => {
    assert(refusedByName >= 300, `only ${refusedByName} were refused by the code of the case`);
  });
});
