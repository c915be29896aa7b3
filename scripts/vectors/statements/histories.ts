import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { incept } from '../../../packages/core/src/identity/establish.ts';
import { History } from '../../../packages/core/src/identity/history.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import { MemorySigner, type Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { claimsOf, forge, rewire, without, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW, retired, rotated, type Owned } from '../../../packages/core/test/builders/identities.ts';
import { historyFacts } from '../../../packages/core/test/vectors/operations.ts';
import { Cases, encoded, first, type VectorFile } from './case.ts';

const TYP = STATEMENT_KINDS.event.typ;

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
  return cases.file('Key histories: inceptions, rotations and retirements; and how two histories of one identity stand to each other.');
}

async function goodHistories(cases: Cases): Promise<void> {
  const good = (name: string, about: string, history: History): void =>
    cases.accepted('history', name, about, { bytes: encoded(historyBytes(history)) }, historyFacts(history));
  const plain = await newIdentity();
  const once = await rotated(plain, { now: NOW + 1000, grace: 3600 });
  good('inception', 'One owner, one recovery signer, P-256.', plain.history);
  good('rotation', 'One rotation with an hour of grace.', once.history);
  good('rotation-after-theft', 'A second rotation without grace also ends the grace that the first one left.', (await rotated(once, { now: NOW + 1060, grace: 0 })).history);
  good('rotation-at-once', 'An event dated as the one before it.', (await rotated(plain, { now: NOW, grace: 0 })).history);
  good('retirement', 'A retired identity has no signers.', (await retired(once, NOW + 2000)).history);
  good('owners-2-of-3', 'Two of three owners are enough, and all three signed.', (await newIdentity({ owners: 3, threshold: 2 })).history);
  const shared = await newIdentity({ recoverers: 3, recoveryThreshold: 2 });
  good('recovery-2-of-3', 'Two of three recovery signers revealed.', (await rotated(shared, { revealed: 2 })).history);
  good('hybrid', 'One owner and one recovery signer, each with P-256 and ML-DSA-65.', (await newIdentity({ algorithms: HYBRID })).history);
  good('to-hybrid', 'From P-256 to P-256 and ML-DSA-65.', (await rotated(plain, { algorithms: HYBRID })).history);
  const signers = newSigners(3);
  const claims = claimsOf((await incept({ operational: { signers, threshold: 2 }, recovery: { signers: newSigners(1), threshold: 1 }, now: NOW })).last.bytes);
  good('owners-2-of-3-signed-by-2', 'Two of three owners signed.', verified([await forge(TYP, claims, signers.slice(1))]));
  const ext = await forge(TYP, { ...claims, ext: { later: [1, { a: 'b' }] } }, signers);
  good('extension', 'What a newer release added is passed over.', verified([ext]));
}

async function badInceptions(cases: Cases): Promise<void> {
  const { history, operational, recovery } = await newIdentity();
  const claims = claimsOf(history.last.bytes);
  const bad = async (name: string, about: string, changed: Json, code: RefusalCode, signers: readonly Signer[] = operational): Promise<void> =>
    refuse(cases, name, 'inception', about, [await forge(TYP, changed, signers)], code);
  const signers = claims['signers'] as readonly Json[];
  const next = claims['next'] as JsonObject;
  const committed = next['signers'] as readonly Json[];
  await bad('inception-unknown-kind', 'An event of an unknown kind.', { ...claims, t: 'interaction' }, 'statement-shape');
  await bad('inception-no-kind', 'An event of no kind.', without(claims, 't'), 'statement-shape');
  await bad('inception-with-seq', 'An inception with a sequence.', { ...claims, seq: 0 }, 'statement-shape');
  await bad('inception-with-id', 'An inception with an ID: it follows from the payload.', { ...claims, id: history.id }, 'statement-shape');
  await bad('inception-no-signers', 'No signers.', { ...claims, signers: [] }, 'statement-shape');
  await bad('inception-no-keys', 'A signer without keys.', { ...claims, signers: [{ keys: [] }] }, 'statement-shape');
  await bad('inception-17-signers', 'More than 16 signers.', { ...claims, signers: newSigners(17).map(shown) }, 'statement-shape');
  await bad('inception-signer-twice', 'One signer twice, so that one key would count for two.', { ...claims, signers: [...signers, ...signers], threshold: 2 }, 'statement-shape');
  const shared = first(operational).keys.map(({ jwk }) => ({ ...jwk }));
  const hybrid = first(newSigners(1, ['ML-DSA-65'])).keys.map(({ jwk }) => ({ ...jwk }));
  await bad('inception-key-shared', 'Two signers share a key.', { ...claims, signers: [...signers, { keys: [...shared, ...hybrid] }], threshold: 2 }, 'statement-shape');
  const twoOfOne = { keys: [...shared, ...first(newSigners(1)).keys.map(({ jwk }) => ({ ...jwk }))] };
  await bad('inception-two-keys-of-one-algorithm', 'A signer with two keys of one algorithm.', { ...claims, signers: [twoOfOne] }, 'statement-shape');
  await bad('inception-threshold-0', 'A threshold of none.', { ...claims, threshold: 0 }, 'statement-shape');
  await bad('inception-threshold-2-of-1', 'A threshold that the signers cannot reach.', { ...claims, threshold: 2 }, 'statement-shape');
  await bad('inception-no-next', 'No commitment.', without(claims, 'next'), 'statement-shape');
  await bad('inception-next-empty', 'A commitment to nobody.', { ...claims, next: { signers: [], threshold: 1 } }, 'statement-shape');
  await bad('inception-next-threshold-0', 'A commitment that asks for nobody.', { ...claims, next: { ...next, threshold: 0 } }, 'statement-shape');
  await bad('inception-next-threshold-2-of-1', 'A commitment that cannot be met.', { ...claims, next: { ...next, threshold: 2 } }, 'statement-shape');
  await bad('inception-next-twice', 'One recovery signer twice.', { ...claims, next: { signers: [...committed, ...committed], threshold: 2 } }, 'statement-shape');
  const operationalThumbprints = first(operational).keys.map(({ thumbprint }) => thumbprint);
  await bad('inception-next-operational', 'The operational key as recovery key.', { ...claims, next: { signers: [operationalThumbprints], threshold: 1 } }, 'statement-shape');
  await bad('inception-point-off-curve', 'A key that is no point of its curve.', { ...claims, signers: [{ keys: [offCurve(shared)] }] }, 'statement-shape');
  await bad('inception-key-private', 'A private key.', { ...claims, signers: [{ keys: [{ ...first(shared), d: 'A'.repeat(43) }] }] }, 'statement-shape');
  await bad('inception-by-stranger', 'Signed by a key that it does not name.', claims, 'statement-key-unknown', newSigners(1));
  await bad('inception-by-recovery', 'Signed by the recovery key.', claims, 'statement-key-unknown', recovery);
  await bad('inception-by-recovery-too', 'Signed by the recovery key as well.', claims, 'statement-key-unknown', [...operational, ...recovery]);
  refuse(cases, 'inception-signature-cut', 'inception', 'A signature of no bytes.', [emptySignature(history.last.bytes)], 'statement-signature');
}

async function badSigners(cases: Cases): Promise<void> {
  const three = newSigners(3);
  const recovery = { signers: newSigners(1), threshold: 1 };
  const claims = claimsOf((await incept({ operational: { signers: three, threshold: 2 }, recovery, now: NOW })).last.bytes);
  refuse(cases, 'inception-1-of-2', 'owners-2-of-3', 'One of three owners signed, and two must.', [await forge(TYP, claims, three.slice(2))], 'statement-threshold');
  const two = newSigners(2, HYBRID);
  const hybrid = claimsOf((await incept({ operational: { signers: two, threshold: 2 }, recovery, now: NOW })).last.bytes);
  for (const [index, missing] of ['first-p256', 'first-ml-dsa', 'second-p256', 'second-ml-dsa'].entries()) {
    const wire = rewire(await forge(TYP, hybrid, two), ({ payload, signatures }) => ({
      payload,
      signatures: signatures.filter((_, place) => place !== index).map((entry) => ({ ...entry })),
    }));
    refuse(cases, `hybrid-3-of-4-keys-without-${missing}`, 'hybrid', 'Three of the four keys of two owners: that is one owner.', [wire], 'statement-threshold');
  }
}

async function badRotations(cases: Cases): Promise<void> {
  const before = await newIdentity({ now: NOW });
  const after = await rotated(before, { now: NOW + 1000 });
  const [inception = Buffer.of(), rotation = Buffer.of()] = after.history.wires;
  const claims = claimsOf(rotation);
  const signers: readonly Signer[] = [...before.recovery, ...after.operational];
  const bad = async (name: string, about: string, changed: JsonObject, code: RefusalCode, by: readonly Signer[] = signers): Promise<void> =>
    refuse(cases, name, 'rotation', about, [inception, await forge(TYP, changed, by)], code);
  const other = await newIdentity();
  await bad('rotation-other-id', 'A rotation of another identity.', { ...claims, id: other.history.id }, 'history-event-id');
  await bad('rotation-seq-0', 'The sequence of the inception.', { ...claims, seq: 0 }, 'statement-shape');
  await bad('rotation-seq-2', 'A sequence left out.', { ...claims, seq: 2 }, 'history-sequence');
  await bad('rotation-seq-16', 'A sequence beyond the last.', { ...claims, seq: 16 }, 'statement-shape');
  await bad('rotation-prev-other', 'The digest of another event.', { ...claims, prev: other.history.last.digest }, 'history-link');
  await bad('rotation-no-prev', 'No digest of the event before.', without(claims, 'prev'), 'statement-shape');
  await bad('rotation-dated-before', 'Dated before the inception.', { ...claims, iat: NOW - 1 }, 'history-time');
  await bad('rotation-grace-negative', 'A grace below zero.', { ...claims, grace: -1 }, 'statement-shape');
  await bad('rotation-grace-401-days', 'A grace of more than 400 days.', { ...claims, grace: 401 * 86_400 }, 'statement-shape');
  await bad('rotation-no-grace', 'No grace.', without(claims, 'grace'), 'statement-shape');
  await bad('rotation-no-reveal', 'Nobody revealed.', { ...claims, reveal: [] }, 'statement-shape');
  const thief = newSigners(1);
  await bad('rotation-reveals-other', 'Keys that nobody committed to.', { ...claims, reveal: thief.map(shown) }, 'history-reveal', [...thief, ...after.operational]);
  await bad('rotation-reveals-operational', 'A thief of the operational key reveals that one.', { ...claims, reveal: before.operational.map(shown) }, 'history-reveal', [...before.operational, ...after.operational]);
  await bad('rotation-reveals-one-more', 'The right signer and another.', { ...claims, reveal: [...before.recovery, ...thief].map(shown) }, 'history-reveal', [...signers, ...thief]);
  await bad('rotation-not-by-revealed', 'Not signed by those revealed: who saw their public keys cannot do it.', claims, 'statement-threshold', after.operational);
  await bad('rotation-not-by-new', 'Not signed by the new operational key.', claims, 'statement-threshold', before.recovery);
  await bad('rotation-by-old', 'Signed by the old operational key as well.', claims, 'statement-key-unknown', [...signers, ...before.operational]);
  await bad('rotation-signature-forged', 'The signature of the recovery key forged.', claims, 'statement-signature', [impostor(first(before.recovery)), ...after.operational]);
  await bad('rotation-reveal-becomes-operational', 'The recovery key revealed is the new operational key.', { ...claims, signers: before.recovery.map(shown) }, 'statement-shape', before.recovery);
  const thumbprints = before.recovery.map(({ keys }) => keys.map((key) => key.thumbprint));
  await bad('rotation-reveal-committed-again', 'The recovery key revealed is committed to again.', { ...claims, next: { signers: thumbprints, threshold: 1 } }, 'statement-shape');
  await bad('rotation-inception-again', 'An inception in the place of the rotation.', claimsOf(other.history.last.bytes), 'history-inception-again', other.operational);
  const restarted = await forge(TYP, { ...claimsOf(inception), iat: NOW + 1 }, before.operational);
  refuse(cases, 'rotation-of-changed-inception', 'rotation', 'The inception dated one second later: it makes another ID.', [restarted, rotation], 'history-event-id');
  refuse(cases, 'rotation-first', 'rotation', 'No inception.', [rotation], 'history-first-not-inception');
  const twice = await rotated(after, { now: NOW + 2000 });
  const [, , second = Buffer.of()] = twice.history.wires;
  refuse(cases, 'rotation-left-out', 'rotation-after-theft', 'The event between two others left out.', [inception, second], 'history-sequence');
  refuse(cases, 'rotation-twice', 'rotation', 'One rotation twice.', [inception, rotation, rotation], 'history-sequence');
  refuse(cases, 'rotations-exchanged', 'rotation-after-theft', 'Two rotations in the other order.', [inception, second, rotation], 'history-sequence');
}

async function badCommitments(cases: Cases): Promise<void> {
  const shared = await newIdentity({ recoverers: 3, recoveryThreshold: 2 });
  const alone = claimsOf((await rotated(shared, { revealed: 2 })).history.last.bytes);
  const operational = newSigners(1);
  const claims = { ...alone, signers: operational.map(shown) };
  const [one, two] = shared.recovery;
  const reveals = async (name: string, from: string, about: string, reveal: readonly Json[], by: readonly Signer[], code: RefusalCode): Promise<void> =>
    refuse(cases, name, from, about, [...shared.history.wires, await forge(TYP, { ...claims, reveal }, [...by, ...operational])], code);
  if (one === undefined || two === undefined) throw new TypeError('three recovery signers');
  await reveals('recovery-1-of-2', 'recovery-2-of-3', 'One recovery signer revealed, and two must be.', [shown(one)], [one], 'history-reveal-threshold');
  await reveals('recovery-2-revealed-1-signed', 'recovery-2-of-3', 'Two revealed, and one of them signed.', [one, two].map(shown), [one], 'statement-threshold');
  await reveals('recovery-revealed-twice', 'recovery-2-of-3', 'One recovery signer revealed twice.', [one, one].map(shown), [one], 'statement-shape');

  const hybrid = await newIdentity({ recoverers: 2, recoveryThreshold: 2, algorithms: HYBRID });
  const [left, right] = hybrid.recovery;
  if (left === undefined || right === undefined) throw new TypeError('two recovery signers');
  const keysOf = (signer: MemorySigner): readonly Json[] => signer.keys.map(({ jwk }) => ({ ...jwk }));
  const base = { ...claimsOf((await rotated(hybrid)).history.last.bytes), signers: operational.map(shown) };
  const arrangements: Readonly<Record<string, readonly [about: string, reveal: readonly Json[]]>> = {
    'recovery-signer-split': ['The two keys of one recovery signer shown as two signers.', keysOf(left).map((key) => ({ keys: [key] }))],
    'recovery-keys-crossed': [
      'The keys of two recovery signers exchanged.',
      [{ keys: [keysOf(left)[0] ?? null, keysOf(right)[1] ?? null] }, { keys: [keysOf(right)[0] ?? null, keysOf(left)[1] ?? null] }],
    ],
    'recovery-key-left-out': ['Of one recovery signer one key only.', [shown(left), { keys: keysOf(right).slice(0, 1) }]],
  };
  for (const [name, [about, reveal]] of Object.entries(arrangements)) {
    const wire = await forge(TYP, { ...base, reveal }, [left, right, ...operational]);
    refuse(cases, name, 'to-hybrid', about, [...hybrid.history.wires, wire], 'history-reveal');
  }
}

async function badRetirements(cases: Cases): Promise<void> {
  const before = await newIdentity();
  const ended = await retired(before);
  const claims = claimsOf(ended.history.last.bytes);
  const wires = before.history.wires;
  const bad = async (name: string, about: string, changed: JsonObject, by: readonly Signer[], code: RefusalCode): Promise<void> =>
    refuse(cases, name, 'retirement', about, [...wires, await forge(TYP, changed, by)], code);
  await bad('retirement-with-grace', 'A retirement with grace.', { ...claims, grace: 0 }, before.recovery, 'statement-shape');
  await bad('retirement-by-operational', 'A thief of the operational key retires.', { ...claims, reveal: before.operational.map(shown) }, before.operational, 'history-reveal');
  await bad('retirement-unsigned-by-revealed', 'Signed by the operational key only.', claims, before.operational, 'statement-key-unknown');
  const again = await forge(TYP, { ...claims, seq: 2, prev: ended.history.last.digest }, before.recovery);
  refuse(cases, 'retirement-twice', 'retirement', 'A retirement follows a retirement.', [...ended.history.wires, again], 'history-after-retirement');
  const operational = newSigners(1);
  const rotation = claimsOf((await rotated(before)).history.last.bytes);
  const revived = await forge(
    TYP,
    { ...rotation, seq: 2, prev: ended.history.last.digest, signers: operational.map(shown) },
    [...before.recovery, ...operational],
  );
  refuse(cases, 'rotation-after-retirement', 'retirement', 'A rotation follows a retirement.', [...ended.history.wires, revived], 'history-after-retirement');
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
  bad('history-of-17', 'More than 16 events.', canonicalJson(Array.from({ length: 17 }, () => events[0] ?? null)), 'history-too-long');
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

function refuse(cases: Cases, name: string, from: string, about: string, wires: readonly Uint8Array[], code: RefusalCode): void {
  cases.refused('history', name, from, about, { bytes: encoded(canonicalJson(wires.map(jwsJson))) }, code);
}

function verified(wires: readonly Uint8Array[]): History {
  const verdict = History.verify(wires);
  if (!verdict.ok) throw new TypeError(verdict.refusal.code);
  return verdict.value;
}

function shown(signer: Signer): Json {
  return { keys: signer.keys.map(({ jwk }) => ({ ...jwk })) };
}

/** Claims another signer's keys and signs with its own. */
function impostor(of: Signer): Signer {
  const own = MemorySigner.generate();
  return { keys: of.keys, sign: (_, message) => own.sign(first(own.keys), message) };
}

function offCurve(keys: readonly JsonObject[]): JsonObject {
  const key = first(keys);
  const y = Buffer.from(String(key['y']), 'base64url');
  y[31] = (y[31] ?? 0) ^ 1;
  return { ...key, y: encoded(y) };
}

function emptySignature(wire: Uint8Array): Uint8Array {
  return rewire(wire, ({ payload, signatures }) => ({ payload, signatures: signatures.map((entry) => ({ ...entry, signature: '' })) }));
}

