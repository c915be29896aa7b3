import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { connectWithOpenssl, whyMissing, Workbench } from '@themis-mesh/testkit';
import { goodIdentity, openTill, REQUEST } from './till.ts';

describe('sessions saved by openssl s_client', { skip: whyMissing('openssl', 'version') }, () => {
  for (const swapped of [false, true]) {
    it(`are resumed by nobody${swapped ? ', after a swap of the leaf' : ''}`, async () => {
      await using till = await openTill();
      const { stage, executed } = till;
      using workbench = new Workbench();
      const session = workbench.path('session');
      const connect = async (...args: readonly string[]): Promise<void> => {
        const { said } = await connectWithOpenssl(stage.address, ['-alpn', 'http/1.1', '-ign_eof', ...args], REQUEST);
        assert.match(said, /^New, TLSv1.3/m);
        assert.doesNotMatch(said, /^Reused/m);
      };
      const member = workbench.present(await goodIdentity(stage));
      await connect(...member, '-sess_out', session);
      assert(existsSync(session), 'the accepter lets a client save a session');
      if (swapped) stage.credentials.swap(await stage.app.leaf('payments'));

      await connect(...member, '-sess_in', session);
      assert.deepEqual(stage.refusals, []);
      assert.equal(executed.length, 2);

      await connect('-sess_in', session);
      assert.deepEqual(stage.refusals, ['chain-empty']);

      stage.trust.takeApp(await stage.app.remove('web'));
      await connect(...member, '-sess_in', session);
      assert.deepEqual(stage.refusals, ['chain-empty', 'member-removed']);
      assert.equal(executed.length, 2);
    });
  }
});
