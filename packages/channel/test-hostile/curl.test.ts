import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeBadLeaves, runCurl, whyMissing, Workbench, type Stage } from '@themis-mesh/testkit';
import { openTill } from './till.ts';

describe('by curl', { skip: whyMissing('curl', '--version') }, () => {
  // With --insecure, because curl cannot expect a SPIFFE ID; what is tested is how it is judged.
  const url = ({ address }: Stage): string => `https://${address.host}:${address.port}/who`;

  it('a member is served over http/1.1, also where curl would rather speak h2', async () => {
    await using till = await openTill();
    const { stage } = till;
    using workbench = new Workbench();
    const { chain, key } = await stage.app.leaf('web');
    const args = ['--insecure', '--cert', workbench.write(chain), '--key', workbench.write(key), '--http2', '--include'];
    const { said, status } = await runCurl([...args, url(stage)]);
    assert.equal(status, 0);
    assert.match(said, /^HTTP\/1.1 200 OK\r\n[^]*called by web$/);
  });

  it('who is refused reads why, whatever he sends', async () => {
    await using till = await openTill();
    const { stage, executed } = till;
    using workbench = new Workbench();
    const [expired] = await makeBadLeaves(stage.app, 'web', Math.floor(Date.now() / 1000));
    assert(expired !== undefined);
    const presented = ['--cert', workbench.write(expired.leaf.chain), '--key', workbench.write(expired.leaf.key)];
    for (const body of [[], ['--data', 'x'.repeat(100_000)], ['--upload-file', import.meta.filename]]) {
      const { said } = await runCurl(['--insecure', '--write-out', ' %{http_code}', ...presented, ...body, url(stage)]);
      assert.equal(said, '{"error":"THEMIS_REFUSED_BY_PEER","refusal":"leaf-expired"}\n 403');
    }
    assert.deepEqual(executed, []);
  });

  it('plain HTTP and HTTP/2 to the port of TLS get nothing', async () => {
    await using till = await openTill();
    const { stage, executed } = till;
    const plain = `http://127.0.0.1:${stage.address.port}`;
    for (const args of [[], ['--http2-prior-knowledge'], ['--http0.9'], ['--proxytunnel', '--proxy', plain]]) {
      const { said, status } = await runCurl([...args, `${plain}/who`]);
      assert.notEqual(status, 0);
      assert.equal(said, '');
    }
    assert.deepEqual(new Set(stage.refusals), new Set(['handshake-failed']));
    assert.deepEqual(executed, []);
  });
});
