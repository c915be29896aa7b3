import { type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { incept } from '../../../packages/core/src/identity/establish.ts';
import { type Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { claimsOf, forge, rewire, textOf, without, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW } from '../../../packages/core/test/builders/identities.ts';
import { type Cases, encoded, first } from './case.ts';
import { TYP, refuse, shown } from './event-cases.ts';

export async function badInceptions(cases: Cases): Promise<void> {
  const { history, operational, recovery } = await newIdentity();
  const claims = claimsOf(history.last.bytes);
  const bad = async (
    name: string,
    about: string,
    changed: Json,
    code: RefusalCode,
    signers: readonly Signer[] = operational,
  ): Promise<void> => refuse(cases, name, 'inception', about, [await forge(TYP, changed, signers)], code);
  const signers = claims['signers'] as readonly Json[];
  const next = claims['next'] as JsonObject;
  const committed = next['signers'] as readonly Json[];
  await bad('inception-unknown-kind', 'An event of an unknown kind.', { ...claims, t: 'interaction' }, 'statement-shape');
  await bad('inception-no-kind', 'An event of no kind.', without(claims, 't'), 'statement-shape');
  await bad('inception-with-seq', 'An inception with a sequence.', { ...claims, seq: 0 }, 'statement-shape');
  await bad(
    'inception-with-id',
    'An inception with an ID: it follows from the payload.',
    { ...claims, id: history.id },
    'statement-shape',
  );
  await bad('inception-no-signers', 'No signers.', { ...claims, signers: [] }, 'statement-shape');
  await bad('inception-no-keys', 'A signer without keys.', { ...claims, signers: [{ keys: [] }] }, 'statement-shape');
  await bad(
    'inception-17-signers',
    'More than 16 signers.',
    { ...claims, signers: newSigners(17).map(shown) },
    'statement-shape',
  );
  await bad(
    'inception-signer-twice',
    'One signer twice, so that one key would count for two.',
    { ...claims, signers: [...signers, ...signers], threshold: 2 },
    'statement-shape',
  );
  const shared = first(operational).keys.map(({ jwk }) => ({ ...jwk }));
  const hybrid = first(newSigners(1, ['ML-DSA-65'])).keys.map(({ jwk }) => ({ ...jwk }));
  await bad(
    'inception-key-shared',
    'Two signers share a key.',
    { ...claims, signers: [...signers, { keys: [...shared, ...hybrid] }], threshold: 2 },
    'statement-shape',
  );
  const twoOfOne = { keys: [...shared, ...first(newSigners(1)).keys.map(({ jwk }) => ({ ...jwk }))] };
  await bad(
    'inception-two-keys-of-one-algorithm',
    'A signer with two keys of one algorithm.',
    { ...claims, signers: [twoOfOne] },
    'statement-shape',
  );
  await bad('inception-threshold-0', 'A threshold of none.', { ...claims, threshold: 0 }, 'statement-shape');
  await bad(
    'inception-threshold-2-of-1',
    'A threshold that the signers cannot reach.',
    { ...claims, threshold: 2 },
    'statement-shape',
  );
  await bad('inception-no-next', 'No commitment.', without(claims, 'next'), 'statement-shape');
  await bad(
    'inception-next-empty',
    'A commitment to nobody.',
    { ...claims, next: { signers: [], threshold: 1 } },
    'statement-shape',
  );
  await bad(
    'inception-next-threshold-0',
    'A commitment that asks for nobody.',
    { ...claims, next: { ...next, threshold: 0 } },
    'statement-shape',
  );
  await bad(
    'inception-next-threshold-2-of-1',
    'A commitment that cannot be met.',
    { ...claims, next: { ...next, threshold: 2 } },
    'statement-shape',
  );
  await bad(
    'inception-next-twice',
    'One recovery signer twice.',
    { ...claims, next: { signers: [...committed, ...committed], threshold: 2 } },
    'statement-shape',
  );
  const operationalThumbprints = first(operational).keys.map(({ thumbprint }) => thumbprint);
  await bad(
    'inception-next-operational',
    'The operational key as recovery key.',
    { ...claims, next: { signers: [operationalThumbprints], threshold: 1 } },
    'statement-shape',
  );
  await bad(
    'inception-point-off-curve',
    'A key that is no point of its curve.',
    { ...claims, signers: [{ keys: [offCurve(shared)] }] },
    'statement-shape',
  );
  await bad(
    'inception-key-private',
    'A private key.',
    { ...claims, signers: [{ keys: [{ ...first(shared), d: 'A'.repeat(43) }] }] },
    'statement-shape',
  );
  await bad('inception-by-stranger', 'Signed by a key that it does not name.', claims, 'statement-key-unknown', newSigners(1));
  await bad('inception-by-recovery', 'Signed by the recovery key.', claims, 'statement-key-unknown', recovery);
  await bad('inception-by-recovery-too', 'Signed by the recovery key as well.', claims, 'statement-key-unknown', [
    ...operational,
    ...recovery,
  ]);
  refuse(
    cases,
    'inception-signature-cut',
    'inception',
    'A signature of no bytes.',
    [emptySignature(history.last.bytes)],
    'statement-signature',
  );
}

export async function badSigners(cases: Cases): Promise<void> {
  const three = newSigners(3);
  const recovery = { signers: newSigners(1), threshold: 1 };
  const claims = claimsOf((await incept({ operational: { signers: three, threshold: 2 }, recovery, now: NOW })).last.bytes);
  refuse(
    cases,
    'inception-1-of-2',
    'owners-2-of-3',
    'One of three owners signed, and two must.',
    [await forge(TYP, claims, three.slice(2))],
    'statement-threshold',
  );
  const two = newSigners(2, HYBRID);
  const hybrid = claimsOf((await incept({ operational: { signers: two, threshold: 2 }, recovery, now: NOW })).last.bytes);
  for (const [index, missing] of ['first-p256', 'first-ml-dsa', 'second-p256', 'second-ml-dsa'].entries()) {
    const wire = rewire(await forge(TYP, hybrid, two), ({ payload, signatures }) => ({
      payload,
      signatures: signatures.filter((_, place) => place !== index).map((entry) => ({ ...entry })),
    }));
    refuse(
      cases,
      `hybrid-3-of-4-keys-without-${missing}`,
      'hybrid',
      'Three of the four keys of two owners: that is one owner.',
      [wire],
      'statement-threshold',
    );
  }
}

function offCurve(keys: readonly JsonObject[]): JsonObject {
  const key = first(keys);
  const y = Buffer.from(textOf(key['y']), 'base64url');
  y[31] = (y[31] ?? 0) ^ 1;
  return { ...key, y: encoded(y) };
}

function emptySignature(wire: Uint8Array): Uint8Array {
  return rewire(wire, ({ payload, signatures }) => ({
    payload,
    signatures: signatures.map((entry) => ({ ...entry, signature: '' })),
  }));
}
