import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AppState } from '../../src/app/app-state.ts';
import { believeMember, isTurnedByNews } from '../../src/app/belief.ts';
import { DEFAULT_CHARTER_SECONDS, EMPTY_CHARTER, foundApp } from '../../src/app/found.ts';
import type { Member } from '../../src/app/member.ts';
import type { Membership } from '../../src/app/membership.ts';
import type { Sequence } from '../../src/app/sequence.ts';
import { Charter } from '../../src/app/charter.ts';
import type { RefusalCode } from '../../src/outcome/refusals.ts';
import type { UnverifiedStatement } from '../../src/statement/jws.ts';
import { memberOf, membershipOf, named } from '../builders/apps.ts';
import { restate } from '../builders/forge.ts';
import { newIdentity, NOW, retired, rotated, type Owned } from '../builders/identities.ts';
import { accepted, outcomeOf } from '../builders/verdicts.ts';

const FRESHNESS = 600;

/** The peer before and after a rotation, another rotation in its place, and its end. */
const early = await newIdentity();
const HISTORIES = { early, late: await rotated(early), forked: await rotated(early), retired: await retired(early) };
const other = await newIdentity();
const outsider = await newIdentity();
const owner = await newIdentity();
const newKeys = await rotated(owner);
const NAME = named('orders');

/** One world, in words. */
interface World {
  readonly peer: keyof typeof HISTORIES;
  /** What the charter held says of the peer, and who holds its name there. */
  readonly charter: 'names early' | 'names late' | 'removes' | 'is silent' | 'gives the name to another';
  readonly charterEnded: boolean;
  readonly membership: 'none' | 'foreign' | 'older' | 'equal' | 'newer' | 'much newer' | 'under unknown keys';
  readonly signedBy: 'owner' | 'outsider' | 'other member';
  readonly of: 'peer' | 'other';
  readonly asks: 'early' | 'late';
  /** Seconds since the membership was signed; negative: until it will be. */
  readonly age: number;
  readonly life: number;
  readonly newest: 'unknown' | 'equal' | 'newer' | 'much newer';
}

const world: fc.Arbitrary<World> = fc.record<World>({
  peer: fc.constantFrom('early', 'early', 'late', 'forked', 'retired'),
  charter: fc.constantFrom(
    'names early',
    'names early',
    'names late',
    'removes',
    'is silent',
    'is silent',
    'gives the name to another',
  ),
  charterEnded: fc.boolean(),
  membership: fc.constantFrom('none', 'foreign', 'older', 'equal', 'newer', 'newer', 'newer', 'much newer', 'under unknown keys'),
  signedBy: fc.constantFrom('owner', 'owner', 'owner', 'owner', 'outsider', 'other member'),
  of: fc.constantFrom('peer', 'peer', 'peer', 'other'),
  asks: fc.constantFrom('early', 'early', 'late'),
  age: fc.constantFrom(0, 0, -60, -61, 599, 600, 601, 5000),
  life: fc.constantFrom(1000, 1_000_000),
  newest: fc.constantFrom('unknown', 'unknown', 'equal', 'newer', 'much newer'),
});

const HELD: Sequence = [0, 3];
const SEQUENCES: Readonly<Record<string, Sequence>> = {
  foreign: [0, 4],
  older: [0, 2],
  equal: HELD,
  newer: [0, 4],
  'much newer': [0, 5],
  'under unknown keys': [1, 0],
};

function memberAsked(of: Owned, asks: World['asks']): Member {
  const at = asks === 'late' ? HISTORIES.late : HISTORIES.early;
  return { name: NAME, id: of.history.id, min: of === other ? other.history.point : at.history.point };
}

/** The charter held, of sequence [0, 3]. */
async function heldState({ charter }: World): Promise<AppState> {
  const members: readonly Member[] = {
    'names early': [memberAsked(early, 'early')],
    'names late': [memberAsked(early, 'late')],
    removes: [],
    'is silent': [],
    'gives the name to another': [memberOf('orders', other)],
  }[charter];
  const removed = charter === 'removes' ? [{ id: early.history.id, until: NOW + 1000 }] : [];
  const { history, charter: first } = await foundApp(
    owner.history,
    owner.operational,
    { ...EMPTY_CHARTER, members, removed },
    { now: NOW },
  );
  const wire = await restate(first.statement.bytes, owner.operational, (claims) => ({
    ...claims,
    seq: HELD[1],
    prev: first.digest,
  }));
  return { history, charter: accepted(Charter.verify(wire, history, NOW)) };
}

async function carried(given: World, now: number): Promise<UnverifiedStatement<Membership> | undefined> {
  if (given.membership === 'none') return undefined;
  const signers = {
    owner: given.membership === 'under unknown keys' ? newKeys : owner,
    outsider: outsider,
    'other member': other,
  }[given.signedBy];
  const app = { owner: given.membership === 'foreign' ? outsider : owner, state: await heldState(given) };
  const iat = now - given.age;
  const member = given.of === 'peer' ? memberAsked(early, given.asks) : memberAsked(other, 'early');
  return membershipOf(app, member, {
    charter: SEQUENCES[given.membership] ?? HELD,
    iat,
    exp: iat + given.life,
    signers: signers.operational,
  });
}

type Outcome = RefusalCode | 'by charter' | 'by charter, behind' | 'by membership';

/** The rule as the design tells it, one sentence a line, with no regard to how it is computed. */
function wanted(given: World): Outcome {
  const isNamed = given.charter === 'names early' || given.charter === 'names late';
  const isNewer = ['newer', 'much newer', 'under unknown keys'].includes(given.membership);
  // `removed` beats every membership.
  if (given.charter === 'removes') return 'member-removed';
  // A verifier whose charter is at or past the membership's believes its charter, as it does where there is no membership.
  if (!isNewer) return isNamed ? keys(given, given.charter === 'names late' ? 'late' : 'early', 'by charter') : 'member-unknown';
  // What is not the owner's word, for this peer, at this time, is nothing that news could mend.
  const problem = membershipProblem(given);
  if (problem !== undefined && !isTurnedByNews(problem)) return problem;
  // What is, but cannot be confirmed, leaves the charter held: known services go on.
  if (problem !== undefined)
    return isNamed ? keys(given, given.charter === 'names late' ? 'late' : 'early', 'by charter, behind') : problem;
  return keys(given, given.asks, 'by membership');
}

function membershipProblem(given: World): RefusalCode | undefined {
  if (given.membership === 'under unknown keys') return 'membership-key-sequence';
  if (given.signedBy !== 'owner') return 'statement-key-unknown';
  if (given.age < -60) return 'membership-future';
  if (given.age >= given.life) return 'membership-expired';
  if (given.of === 'other') return 'membership-other-identity';
  // Past the end of the charter nobody new is admitted.
  if (given.charterEnded) return 'charter-expired';
  // Never when a head for a newer charter is held.
  if (given.newest === 'much newer' && given.membership === 'newer') return 'membership-outdated';
  // At most for the freshness bound.
  if (given.age > FRESHNESS) return 'membership-unconfirmed';
  return undefined;
}

function keys(given: World, least: 'early' | 'late', outcome: Outcome): Outcome {
  if (given.peer === 'retired') return 'history-retired';
  // Every history here begins with the same inception; only one holds the rotation that may be asked for.
  return least === 'early' || given.peer === 'late' ? outcome : 'member-key-behind';
}

async function seen(given: World): Promise<Outcome> {
  const now = given.charterEnded ? NOW + DEFAULT_CHARTER_SECONDS : NOW;
  const newest = given.newest === 'unknown' ? undefined : SEQUENCES[given.newest];
  const peer = { history: HISTORIES[given.peer].history, membership: await carried(given, now) };
  const verdict = believeMember(peer, { app: await heldState(given), newest, freshness: FRESHNESS }, now);
  if (!verdict.ok) return verdict.refusal.code;
  const { by, behind, member } = verdict.value;
  assert.equal(member.id, early.history.id);
  assert.equal(member.name, NAME);
  return by === 'membership' ? 'by membership' : behind ? 'by charter, behind' : 'by charter';
}

const EASY: World = {
  peer: 'early',
  charter: 'is silent',
  charterEnded: false,
  membership: 'newer',
  signedBy: 'owner',
  of: 'peer',
  asks: 'early',
  age: 0,
  life: 1_000_000,
  newest: 'unknown',
};

test('believed is who the rule says, in a thousand worlds', async () => {
  const outcomes = new Set<Outcome>();
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const outcome = wanted(given);
      outcomes.add(outcome);
      assert.equal(await seen(given), outcome);
    }),
    { numRuns: 1000, examples: [[EASY]] },
  );
  const all: readonly Outcome[] = [
    'by charter',
    'by charter, behind',
    'by membership',
    'member-removed',
    'member-unknown',
    'member-key-behind',
  ];
  for (const outcome of all) assert.ok(outcomes.has(outcome), `${outcome} was among them`);
});

test('older, equal or newer × named, silent, removed or the name held by another × head × age', async () => {
  const charters = ['names early', 'is silent', 'removes', 'gives the name to another'] as const;
  const table = ['older', 'equal', 'newer'].flatMap((membership) =>
    charters.flatMap((charter) =>
      (['unknown', 'equal', 'newer', 'much newer'] as const).flatMap((newest) =>
        [0, 601].map((age): World => ({ ...EASY, membership: membership as World['membership'], charter, newest, age })),
      ),
    ),
  );
  for (const given of table) assert.equal(await seen(given), wanted(given), JSON.stringify(given));
  const row = (change: Partial<World>): Promise<Outcome> => seen({ ...EASY, ...change });
  assert.equal(await row({}), 'by membership');
  assert.equal(await row({ charter: 'gives the name to another' }), 'by membership');
  assert.equal(await row({ newest: 'much newer' }), 'membership-outdated');
  assert.equal(await row({ age: 601 }), 'membership-unconfirmed');
  assert.equal(await row({ charter: 'removes' }), 'member-removed');
  assert.equal(await row({ membership: 'older' }), 'member-unknown');
});

test('nobody is believed without the owner’s word, and nobody who was removed', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const outcome = await seen(given);
      if (!outcome.startsWith('by ')) return;
      assert.notEqual(given.charter, 'removes');
      assert.notEqual(given.peer, 'retired');
      if (outcome !== 'by membership') assert.ok(given.charter.startsWith('names'));
      else assert.ok(given.signedBy === 'owner' && given.of === 'peer' && !given.charterEnded && given.age <= FRESHNESS);
    }),
    { numRuns: 300 },
  );
});

test('a member that carries an honest membership fares no worse than with none', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const honest: World = {
        ...given,
        signedBy: 'owner',
        of: 'peer',
        asks: 'early',
        age: Math.max(given.age, 0),
        life: 1_000_000,
      };
      const without = await seen({ ...honest, membership: 'none' });
      const outcome = await seen(honest);
      assert.ok(!without.startsWith('by ') || outcome.startsWith('by '), `${without} without it, ${outcome} with it`);
    }),
    { numRuns: 300 },
  );
});

test('an outsider’s own membership is worth nothing, however high it counts', async () => {
  const app = { owner, state: await heldState({ ...EASY, charter: 'names early' }) };
  for (const charter of [
    [0, Number.MAX_SAFE_INTEGER],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [15, 0],
  ] as const) {
    const membership = await membershipOf(app, memberOf('orders', outsider), { charter, signers: outsider.operational });
    const verdict = believeMember({ history: outsider.history, membership }, { app: app.state, freshness: FRESHNESS }, NOW);
    assert.ok(['statement-key-unknown', 'membership-key-sequence'].includes(outcomeOf(verdict)), outcomeOf(verdict));
  }
});
