import { dial, expectService, type Authenticator } from '@themis-mesh/channel';
import { Stage, SwappableCredentials, type TestLeaf } from '@themis-mesh/testkit';
import { atMost, describeSpread, interleave, spreadOf } from '../scripts/measure/index.ts';
import type { Goal, MeasureContext, Measurement, Spread } from '../scripts/measure/index.ts';
import { openPlainTls } from './handshake/plain.ts';

/** One handshake of each kind a round: other work on the machine then meets all kinds alike. */
const ROUNDS = 1000;
const WARM_UP = 100;

/** What our verification costs on a handshake, both sides and the answer together, over mutual TLS of plain Node. */
export const handshake: Measurement = {
  name: 'handshake',
  summary: 'what a handshake of the channel costs over plain mutual TLS with the same certificates',
  run: measureHandshakes,
};

export async function measureHandshakes({ print }: Pick<MeasureContext, 'print'>): Promise<readonly Goal[]> {
  await using known = await Stage.open({ keep: false });
  await using strange = await Stage.open({ keep: false, authenticator: forgetful(() => strange) });
  const leaf = await known.app.leaf('web');
  const authenticator = known.app.trust();
  const stranger = await strange.app.leaf('web');
  await using plain = await openPlainTls(leaf, known.credentials.current);

  const rounds = await interleave(
    {
      plain: () => timed(plain.shakeHands),
      known: () => timed(() => shakeHands(known, leaf, authenticator)),
      first: () => timed(() => shakeHands(strange, stranger, strange.app.trust())),
    },
    { rounds: ROUNDS, warmUp: WARM_UP },
  );
  // Round by round, so that what slowed down both cancels out.
  const over = (ours: readonly number[]): Spread => spreadOf(ours.map((time, round) => time - (rounds.plain[round] ?? NaN)));
  const [again, first] = [over(rounds.known), over(rounds.first)];
  print('one handshake after the other, client and server in one process');
  print(`  plain mutual TLS  ${describeSpread(spreadOf(rounds.plain), 'ms')}`);
  print(`  a known peer      ${describeSpread(spreadOf(rounds.known), 'ms')}, over plain ${describeSpread(again, 'ms')}`);
  print(`  at first contact  ${describeSpread(spreadOf(rounds.first), 'ms')}, over plain ${describeSpread(first, 'ms')}`);
  return [
    atMost('a handshake with a known peer over plain mutual TLS', again.median, 'ms', 0.3),
    atMost('a handshake at first contact over plain mutual TLS', first.median, 'ms', 1.2),
  ];
}

/** @returns milliseconds */
async function timed(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

async function shakeHands({ address }: Stage, as: TestLeaf, authenticator: Authenticator): Promise<void> {
  const credentials = new SwappableCredentials(as);
  const expect = expectService('payments');
  const channel = await dial({ address, protocol: 'themis-tcp/1', credentials, authenticator, expect });
  channel.cut();
}

/** One to whom everybody is new, each time. */
function forgetful(stage: () => Stage): Authenticator {
  return {
    authenticate: (chain, now) => stage().app.trust().authenticate(chain, now),
    authenticateAgain: (peer, now) => stage().app.trust().authenticateAgain(peer, now),
  };
}
