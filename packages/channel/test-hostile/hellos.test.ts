import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectWithOpenssl, whyMissing, Workbench } from '@themis-mesh/testkit';
import { REFUSED_HELLOS } from './refused-hellos.ts';
import { goodIdentity, openTill, REQUEST } from './till.ts';

/** The arguments with the ALPN name that most of them mean. `-no_alpn` is ours: for none. */
function withAlpn(args: readonly string[]): readonly string[] {
  if (args.includes('-no_alpn')) return args.filter((arg) => arg !== '-no_alpn');
  return args.includes('-alpn') ? args : [...args, '-alpn', 'http/1.1'];
}

const NO_OPENSSL = whyMissing('openssl', 'version');

const TAKEN = [
  [],
  ['-groups', 'X25519'],
  ['-groups', 'P-256'],
  ['-maxfraglen', '512'],
  ['-servername', '127.0.0.1'],
  ['-no_alpn'],
];

for (const [when, swapped] of [
  ['at first', false],
  ['after a swap of the leaf', true],
] as const) {
  describe(`hellos of openssl s_client, ${when}`, { skip: NO_OPENSSL, concurrency: 4 }, () => {
    for (const { what, args, as, refused, detail = /./ } of REFUSED_HELLOS) {
      it(`${what}: ${refused}`, async () => {
        await using till = await openTill(swapped);
        const { stage, executed } = till;
        using workbench = new Workbench();
        const identity = await as?.(stage);
        const presented = identity === undefined ? [] : workbench.present(identity);
        const { said } = await connectWithOpenssl(stage.address, ['-quiet', ...withAlpn(args), ...presented], REQUEST);
        assert.deepEqual(stage.refusals, [refused]);
        assert.match(stage.refused[0]?.refusal.detail ?? '', detail);
        if (refused === 'handshake-failed') assert.doesNotMatch(said, /HTTP/);
        else assert.match(said, new RegExp(`^HTTP/1.1 403 Forbidden\r\n[^]*"refusal":"${refused}"`));
        assert.deepEqual(executed, []);
        assert.equal(stage.accepted.length, 0);
      });
    }

    for (const args of TAKEN) {
      it(`a member is served: ${args.join(' ')}`, async () => {
        await using till = await openTill(swapped);
        const { stage } = till;
        using workbench = new Workbench();
        const presented = workbench.present(await goodIdentity(stage));
        const { said } = await connectWithOpenssl(stage.address, ['-quiet', ...withAlpn(args), ...presented], REQUEST);
        assert.match(said, /^HTTP\/1.1 200 OK\r\n[^]*called by web$/);
        assert.deepEqual(stage.refusals, []);
      });
    }
  });
}
