import { canonicalJson } from '../../../packages/core/src/encoding/canonical-json.ts';
import { incept } from '../../../packages/core/src/identity/establish.ts';
import { type History } from '../../../packages/core/src/identity/history.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { claimsOf, forge } from '../../../packages/core/test/builders/forge.ts';
import {
  HYBRID,
  newIdentity,
  newSigners,
  NOW,
  retired,
  rotated,
  type Owned,
} from '../../../packages/core/test/builders/identities.ts';
import { historyFacts } from '../../../packages/core/test/vectors/operations.ts';
import { Cases, encoded, type VectorFile } from './case.ts';
import { TYP, verified } from './event-cases.ts';
import { badInceptions, badSigners } from './inceptions.ts';
import { badRotations, badCommitments, badRetirements } from './rotations.ts';

export async function historyVectors(): Promise<VectorFile> {
  const cases = new Cases();
  await goodHistories(cases);
  await badInceptions(cases);
  await badRotations(cases);
  await badCommitments(cases);
  await badSigners(cases);
  await badRetirements(cases);
  badWires(cases, await rotated(await newIdentity()));
  await comparisons(cases);
  return cases.file(
    'Key histories: inceptions, rotations and retirements; and how two histories of one identity stand to each other.',
  );
}

async function goodHistories(cases: Cases): Promise<void> {
  const good = (name: string, about: string, history: History): void =>
    cases.accepted('history', name, about, { bytes: encoded(historyBytes(history)) }, historyFacts(history));
  const plain = await newIdentity();
  const once = await rotated(plain, { now: NOW + 1000, grace: 3600 });
  good('inception', 'One owner, one recovery signer, P-256.', plain.history);
  good('rotation', 'One rotation with an hour of grace.', once.history);
  good(
    'rotation-after-theft',
    'A second rotation without grace also ends the grace that the first one left.',
    (await rotated(once, { now: NOW + 1060, grace: 0 })).history,
  );
  good('rotation-at-once', 'An event dated as the one before it.', (await rotated(plain, { now: NOW, grace: 0 })).history);
  good('retirement', 'A retired identity has no signers.', (await retired(once, NOW + 2000)).history);
  good(
    'owners-2-of-3',
    'Two of three owners are enough, and all three signed.',
    (await newIdentity({ owners: 3, threshold: 2 })).history,
  );
  const shared = await newIdentity({ recoverers: 3, recoveryThreshold: 2 });
  good('recovery-2-of-3', 'Two of three recovery signers revealed.', (await rotated(shared, { revealed: 2 })).history);
  good(
    'hybrid',
    'One owner and one recovery signer, each with P-256 and ML-DSA-65.',
    (await newIdentity({ algorithms: HYBRID })).history,
  );
  good('to-hybrid', 'From P-256 to P-256 and ML-DSA-65.', (await rotated(plain, { algorithms: HYBRID })).history);
  const signers = newSigners(3);
  const claims = claimsOf(
    (await incept({ operational: { signers, threshold: 2 }, recovery: { signers: newSigners(1), threshold: 1 }, now: NOW })).last
      .bytes,
  );
  good('owners-2-of-3-signed-by-2', 'Two of three owners signed.', verified([await forge(TYP, claims, signers.slice(1))]));
  const ext = await forge(TYP, { ...claims, ext: { later: [1, { a: 'b' }] } }, signers);
  good('extension', 'What a newer release added is passed over.', verified([ext]));
}

function badWires(cases: Cases, { history }: Owned): void {
  const events = history.wires.map(jwsJson);
  const bad = (name: string, about: string, bytes: string, code: RefusalCode): void =>
    cases.refused('history', name, 'rotation', about, { bytes: encoded(bytes) }, code);
  bad('history-empty', 'No events.', '[]', 'history-empty');
  bad('history-object', 'An object in the place of the list.', canonicalJson({ events }), 'statement-shape');
  bad('history-text', 'The events as texts.', canonicalJson(events.map((event) => canonicalJson(event))), 'statement-not-jws');
  bad('history-null', 'null among the events.', canonicalJson([...events, null]), 'statement-not-jws');
  bad('history-white-space', 'White space between the events.', JSON.stringify(events, null, 1), 'statement-not-canonical');
  bad('history-not-json', 'Its last byte missing.', canonicalJson(events).slice(0, -1), 'statement-not-json');
  bad(
    'history-of-17',
    'More than 16 events.',
    canonicalJson(Array.from({ length: 17 }, () => events[0] ?? null)),
    'history-too-long',
  );
}

async function comparisons(cases: Cases): Promise<void> {
  const origin = await newIdentity();
  const one = await rotated(origin, { now: NOW + 1 });
  const two = await rotated(one, { now: NOW + 2 });
  const three = await rotated(two, { now: NOW + 3 });
  const otherOne = await rotated(origin, { now: NOW + 1 });
  const otherTwo = await rotated(otherOne, { now: NOW + 2 });
  const ended = await retired(one, NOW + 2);
  const resigned = verified([...origin.history.wires, await signedAgain(origin, one)]);
  const compare = (name: string, about: string, remembered: History, presented: History, standing: string): void =>
    cases.accepted(
      'compare-histories',
      name,
      about,
      { remembered: encoded(historyBytes(remembered)), presented: encoded(historyBytes(presented)) },
      { standing },
    );
  compare('standing-same', 'The same history.', two.history, two.history, 'same');
  compare('standing-same-other-signatures', 'The same events with other signatures.', one.history, resigned, 'same');
  compare('standing-extends', 'Two events more than remembered.', one.history, three.history, 'extends');
  compare('standing-extends-by-retirement', 'Retired since.', one.history, ended.history, 'extends');
  compare('standing-precedes', 'Two events fewer than remembered.', three.history, one.history, 'precedes');
  compare('standing-forks', 'Another event in the last place.', one.history, otherOne.history, 'forks');
  compare('standing-forks-longer', 'Another event in the middle of a longer history.', one.history, otherTwo.history, 'forks');
  compare('standing-forks-shorter', 'Another event at the end of a shorter history.', three.history, otherOne.history, 'forks');
  compare('standing-forks-retired', 'Retired, where a rotation is remembered.', two.history, ended.history, 'forks');
}

/** The same rotation signed once more: ECDSA gives other signatures, and the digest stays. */
function signedAgain(before: Owned, after: Owned): Promise<Uint8Array> {
  return forge(TYP, claimsOf(after.history.last.bytes), [...before.recovery, ...after.operational]);
}
