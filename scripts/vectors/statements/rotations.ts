import { type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { MemorySigner, type Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { claimsOf, forge, without, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW, retired, rotated } from '../../../packages/core/test/builders/identities.ts';
import { type Cases, first } from './case.ts';
import { TYP, refuse, shown } from './event-cases.ts';

export async function badRotations(cases: Cases): Promise<void> {
  const before = await newIdentity({ now: NOW });
  const after = await rotated(before, { now: NOW + 1000 });
  const [inception = Buffer.of(), rotation = Buffer.of()] = after.history.wires;
  const claims = claimsOf(rotation);
  const signers: readonly Signer[] = [...before.recovery, ...after.operational];
  const bad = async (
    name: string,
    about: string,
    changed: JsonObject,
    code: RefusalCode,
    by: readonly Signer[] = signers,
  ): Promise<void> => refuse(cases, name, 'rotation', about, [inception, await forge(TYP, changed, by)], code);
  const other = await newIdentity();
  await bad('rotation-other-id', 'A rotation of another identity.', { ...claims, id: other.history.id }, 'history-event-id');
  await bad('rotation-seq-0', 'The sequence of the inception.', { ...claims, seq: 0 }, 'statement-shape');
  await bad('rotation-seq-2', 'A sequence left out.', { ...claims, seq: 2 }, 'history-sequence');
  await bad('rotation-seq-16', 'A sequence beyond the last.', { ...claims, seq: 16 }, 'statement-shape');
  await bad(
    'rotation-prev-other',
    'The digest of another event.',
    { ...claims, prev: other.history.last.digest },
    'history-link',
  );
  await bad('rotation-no-prev', 'No digest of the event before.', without(claims, 'prev'), 'statement-shape');
  await bad('rotation-dated-before', 'Dated before the inception.', { ...claims, iat: NOW - 1 }, 'history-time');
  await bad('rotation-grace-negative', 'A grace below zero.', { ...claims, grace: -1 }, 'statement-shape');
  await bad('rotation-grace-401-days', 'A grace of more than 400 days.', { ...claims, grace: 401 * 86_400 }, 'statement-shape');
  await bad('rotation-no-grace', 'No grace.', without(claims, 'grace'), 'statement-shape');
  await bad('rotation-no-reveal', 'Nobody revealed.', { ...claims, reveal: [] }, 'statement-shape');
  const thief = newSigners(1);
  await bad(
    'rotation-reveals-other',
    'Keys that nobody committed to.',
    { ...claims, reveal: thief.map(shown) },
    'history-reveal',
    [...thief, ...after.operational],
  );
  await bad(
    'rotation-reveals-operational',
    'A thief of the operational key reveals that one.',
    { ...claims, reveal: before.operational.map(shown) },
    'history-reveal',
    [...before.operational, ...after.operational],
  );
  await bad(
    'rotation-reveals-one-more',
    'The right signer and another.',
    { ...claims, reveal: [...before.recovery, ...thief].map(shown) },
    'history-reveal',
    [...signers, ...thief],
  );
  await bad(
    'rotation-not-by-revealed',
    'Not signed by those revealed: who saw their public keys cannot do it.',
    claims,
    'statement-threshold',
    after.operational,
  );
  await bad('rotation-not-by-new', 'Not signed by the new operational key.', claims, 'statement-threshold', before.recovery);
  await bad('rotation-by-old', 'Signed by the old operational key as well.', claims, 'statement-key-unknown', [
    ...signers,
    ...before.operational,
  ]);
  await bad('rotation-signature-forged', 'The signature of the recovery key forged.', claims, 'statement-signature', [
    impostor(first(before.recovery)),
    ...after.operational,
  ]);
  await bad(
    'rotation-reveal-becomes-operational',
    'The recovery key revealed is the new operational key.',
    { ...claims, signers: before.recovery.map(shown) },
    'statement-shape',
    before.recovery,
  );
  const thumbprints = before.recovery.map(({ keys }) => keys.map((key) => key.thumbprint));
  await bad(
    'rotation-reveal-committed-again',
    'The recovery key revealed is committed to again.',
    { ...claims, next: { signers: thumbprints, threshold: 1 } },
    'statement-shape',
  );
  await bad(
    'rotation-inception-again',
    'An inception in the place of the rotation.',
    claimsOf(other.history.last.bytes),
    'history-inception-again',
    other.operational,
  );
  const restarted = await forge(TYP, { ...claimsOf(inception), iat: NOW + 1 }, before.operational);
  refuse(
    cases,
    'rotation-of-changed-inception',
    'rotation',
    'The inception dated one second later: it makes another ID.',
    [restarted, rotation],
    'history-event-id',
  );
  refuse(cases, 'rotation-first', 'rotation', 'No inception.', [rotation], 'history-first-not-inception');
  const twice = await rotated(after, { now: NOW + 2000 });
  const [, , second = Buffer.of()] = twice.history.wires;
  refuse(
    cases,
    'rotation-left-out',
    'rotation-after-theft',
    'The event between two others left out.',
    [inception, second],
    'history-sequence',
  );
  refuse(cases, 'rotation-twice', 'rotation', 'One rotation twice.', [inception, rotation, rotation], 'history-sequence');
  refuse(
    cases,
    'rotations-exchanged',
    'rotation-after-theft',
    'Two rotations in the other order.',
    [inception, second, rotation],
    'history-sequence',
  );
}

export async function badCommitments(cases: Cases): Promise<void> {
  const shared = await newIdentity({ recoverers: 3, recoveryThreshold: 2 });
  const alone = claimsOf((await rotated(shared, { revealed: 2 })).history.last.bytes);
  const operational = newSigners(1);
  const claims = { ...alone, signers: operational.map(shown) };
  const [one, two] = shared.recovery;
  const reveals = async (
    name: string,
    from: string,
    about: string,
    reveal: readonly Json[],
    by: readonly Signer[],
    code: RefusalCode,
  ): Promise<void> =>
    refuse(
      cases,
      name,
      from,
      about,
      [...shared.history.wires, await forge(TYP, { ...claims, reveal }, [...by, ...operational])],
      code,
    );
  if (one === undefined || two === undefined) throw new TypeError('three recovery signers');
  await reveals(
    'recovery-1-of-2',
    'recovery-2-of-3',
    'One recovery signer revealed, and two must be.',
    [shown(one)],
    [one],
    'history-reveal-threshold',
  );
  await reveals(
    'recovery-2-revealed-1-signed',
    'recovery-2-of-3',
    'Two revealed, and one of them signed.',
    [one, two].map(shown),
    [one],
    'statement-threshold',
  );
  await reveals(
    'recovery-revealed-twice',
    'recovery-2-of-3',
    'One recovery signer revealed twice.',
    [one, one].map(shown),
    [one],
    'statement-shape',
  );

  const hybrid = await newIdentity({ recoverers: 2, recoveryThreshold: 2, algorithms: HYBRID });
  const [left, right] = hybrid.recovery;
  if (left === undefined || right === undefined) throw new TypeError('two recovery signers');
  const keysOf = (signer: MemorySigner): readonly Json[] => signer.keys.map(({ jwk }) => ({ ...jwk }));
  const base = { ...claimsOf((await rotated(hybrid)).history.last.bytes), signers: operational.map(shown) };
  const arrangements: Readonly<Record<string, readonly [about: string, reveal: readonly Json[]]>> = {
    'recovery-signer-split': [
      'The two keys of one recovery signer shown as two signers.',
      keysOf(left).map((key) => ({ keys: [key] })),
    ],
    'recovery-keys-crossed': [
      'The keys of two recovery signers exchanged.',
      [
        { keys: [keysOf(left)[0] ?? null, keysOf(right)[1] ?? null] },
        { keys: [keysOf(right)[0] ?? null, keysOf(left)[1] ?? null] },
      ],
    ],
    'recovery-key-left-out': ['Of one recovery signer one key only.', [shown(left), { keys: keysOf(right).slice(0, 1) }]],
  };
  for (const [name, [about, reveal]] of Object.entries(arrangements)) {
    const wire = await forge(TYP, { ...base, reveal }, [left, right, ...operational]);
    refuse(cases, name, 'to-hybrid', about, [...hybrid.history.wires, wire], 'history-reveal');
  }
}

export async function badRetirements(cases: Cases): Promise<void> {
  const before = await newIdentity();
  const ended = await retired(before);
  const claims = claimsOf(ended.history.last.bytes);
  const wires = before.history.wires;
  const bad = async (name: string, about: string, changed: JsonObject, by: readonly Signer[], code: RefusalCode): Promise<void> =>
    refuse(cases, name, 'retirement', about, [...wires, await forge(TYP, changed, by)], code);
  await bad('retirement-with-grace', 'A retirement with grace.', { ...claims, grace: 0 }, before.recovery, 'statement-shape');
  await bad(
    'retirement-by-operational',
    'A thief of the operational key retires.',
    { ...claims, reveal: before.operational.map(shown) },
    before.operational,
    'history-reveal',
  );
  await bad(
    'retirement-unsigned-by-revealed',
    'Signed by the operational key only.',
    claims,
    before.operational,
    'statement-key-unknown',
  );
  const again = await forge(TYP, { ...claims, seq: 2, prev: ended.history.last.digest }, before.recovery);
  refuse(
    cases,
    'retirement-twice',
    'retirement',
    'A retirement follows a retirement.',
    [...ended.history.wires, again],
    'history-after-retirement',
  );
  const operational = newSigners(1);
  const rotation = claimsOf((await rotated(before)).history.last.bytes);
  const revived = await forge(TYP, { ...rotation, seq: 2, prev: ended.history.last.digest, signers: operational.map(shown) }, [
    ...before.recovery,
    ...operational,
  ]);
  refuse(
    cases,
    'rotation-after-retirement',
    'retirement',
    'A rotation follows a retirement.',
    [...ended.history.wires, revived],
    'history-after-retirement',
  );
}

/** Claims another signer's keys and signs with its own. */
function impostor(of: Signer): Signer {
  const own = MemorySigner.generate();
  return { keys: of.keys, sign: (_, message) => own.sign(first(own.keys), message) };
}
