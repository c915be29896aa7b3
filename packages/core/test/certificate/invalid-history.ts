import { implicit, sequence } from '../../src/asn1/der-writer.ts';
import { keyIdentifier } from '../../src/certificate/key-identifier.ts';
import { OID } from '../../src/certificate/profile.ts';
import {
  build,
  exchange,
  extension,
  historyValue,
  identitySpec,
  leafSpec,
  newKey,
  spkiOf,
  nameOf,
  without,
  type Actor,
  type CertificateSpec,
  type World,
} from './chain-builder.ts';
import {
  identityCase,
  invalidCase,
  validPresentation,
  type InvalidCase,
  type Presentation,
  type ValidPresentation,
} from './invalid-case.ts';

/** The chain as a whole, the key history in it, and what the verifier remembers. */
export const HISTORY_CASES: readonly InvalidCase[] = [
  chainCase('chain-empty', 'no certificate', () => []),
  chainCase('chain-identity-missing', 'the leaf alone', ([leaf]) => [leaf]),
  chainCase('chain-third-certificate', 'the identity certificate twice', ([leaf, identity]) => [leaf, identity, identity]),
  chainCase(
    'chain-third-certificate',
    'the identity certificate of another identity behind',
    ([leaf, identity], world) => [leaf, identity, build(identitySpec(world.other))],
    'other',
  ),
  chainCase(
    'chain-third-certificate',
    'a leaf signed by a leaf, with both',
    ([leaf, identity], world) => [build({ ...leafSpec(world), signingKey: world.leafKey }), leaf, identity],
    'leaf',
  ),
  chainCase('leaf-san-path', 'the two in the other order', ([leaf, identity]) => [identity, leaf], 'order'),
  chainCase(
    'leaf-other-identity',
    'the leaf of another identity',
    ([, identity], world) => [build(leafSpec(world, world.other)), identity],
    'leaf',
  ),
  chainCase(
    'leaf-issuer',
    'the identity certificate of a later event',
    ([leaf], world) => [leaf, build(identitySpec(world.rotated))],
    'later',
  ),
  chainCase(
    'leaf-issuer',
    'the identity certificate of an earlier event',
    ([, identity], world) => [build(leafSpec(world, world.rotated)), identity],
    'earlier',
  ),

  invalidCase(
    'chain-signed-by-leaf',
    'chain: a leaf signed by a leaf, which comes in place of the identity certificate',
    undefined,
    (world) => {
      const repaired = validPresentation(world);
      const key = newKey();
      const between = leafSpec(world);
      const leaf = build({ ...between, issuer: between.subject, keyInfo: spkiOf(key), signingKey: world.leafKey });
      return { broken: { ...repaired, chain: [leaf, build(between)], leafKey: key }, repaired };
    },
  ),
  invalidCase('leaf-san-path', 'chain: the identity certificate itself in place of the leaf', 'identity', (world) => {
    const repaired = validPresentation(world);
    const identity = build(identitySpec(world.service));
    return { broken: { ...repaired, chain: [identity, identity], leafKey: world.service.key }, repaired };
  }),

  identityCase('identity-history-missing', 'identity certificate: no key history', (spec) => without(spec, OID.keyHistory)),
  identityCase('identity-history-critical', 'identity certificate: a critical key history', (spec, world) =>
    exchange(spec, OID.keyHistory, extension(OID.keyHistory, true, historyValue(world.service.history.wires)).der),
  ),
  identityCase('identity-history-other-id', 'identity certificate: the key history of another identity', (spec, world) =>
    withHistory(spec, world.other.history.wires),
  ),
  identityCase('history-empty', 'identity certificate: a key history without events', (spec) => withHistory(spec, [])),
  identityCase('history-too-long', 'identity certificate: a key history of 17 events', (spec, world) =>
    withHistory(
      spec,
      Array.from({ length: 17 }, () => inceptionOf(world)),
    ),
  ),
  identityCase('history-inception-again', 'identity certificate: the inception twice', (spec, world) =>
    withHistory(spec, [inceptionOf(world), inceptionOf(world)]),
  ),
  identityCase('history-first-not-inception', 'identity certificate: a key history without its beginning', (spec, world) =>
    withHistory(spec, world.rotated.history.wires.slice(1)),
  ),
  identityCase('statement-signature', 'identity certificate: an event with a damaged signature', (spec, world) =>
    withHistory(spec, [damaged(inceptionOf(world))]),
  ),
  identityCase('statement-not-canonical', 'identity certificate: an event with a space in it', (spec, world) =>
    withHistory(spec, [Buffer.from(Buffer.from(inceptionOf(world)).toString().replace('{', '{ '))]),
  ),
  identityCase('statement-not-json', 'identity certificate: an event that is not UTF-8', (spec, world) =>
    withHistory(spec, [Buffer.concat([inceptionOf(world), Uint8Array.of(0xc0, 0xaf)])]),
  ),
  identityCase(
    'identity-key-sequence',
    'identity certificate: a later key, and the history cut off before it',
    (_spec, world) => ({
      ...identitySpec(world.rotated),
      ...withHistory(identitySpec(world.rotated), world.service.history.wires),
    }),
    'cut',
  ),
  identityCase(
    'identity-key-foreign',
    'identity certificate: a key that an event has replaced, behind that event',
    (spec, world) => ({
      subject: nameOf(world.service.history.id, 1),
      issuer: nameOf(world.service.history.id, 1),
      ...withHistory(spec, world.rotated.history.wires),
    }),
    'replaced',
  ),
  invalidCase(
    'identity-threshold',
    'identity certificate: one signature where the identity asks for two signers',
    undefined,
    (world) => ({
      broken: validPresentation(world, world.twoOfTwo),
      repaired: validPresentation(world, world.oneOfTwo),
    }),
  ),
  identityCase('history-retired', 'identity certificate: a history that ends with a retirement', (spec, world) => ({
    subject: nameOf(world.service.history.id, 1),
    issuer: nameOf(world.service.history.id, 1),
    ...withHistory(spec, world.retired.wires),
  })),
  invalidCase('history-retired', 'remembered: the identity was retired', 'remembered', (world) => {
    const valid = validPresentation(world);
    return { broken: { ...valid, remembered: world.retired }, repaired: { ...valid, remembered: world.service.history } };
  }),
  invalidCase('history-other-id', 'a chain of another identity than the one dialled', undefined, (world) => {
    const valid = validPresentation(world);
    return { broken: { ...valid, expectedId: world.other.history.id }, repaired: valid };
  }),
  invalidCase(
    'history-superseded',
    'a history that a newer event ended, in the first second behind its grace',
    undefined,
    (world) => {
      const valid = { ...validPresentation(world), remembered: world.rotated.history };
      return { broken: { ...valid, now: world.now + 3600 }, repaired: { ...valid, now: world.now + 3599 } };
    },
  ),
  invalidCase('history-superseded', 'a history rolled back, where the newer one is at hand', 'rolled-back', (world) => {
    const now = world.now + 3600;
    const known = { now, remembered: world.rotated.history };
    return {
      broken: { ...validPresentation(world), ...known },
      repaired: { ...validPresentation(world, world.rotated), ...known },
    };
  }),
  invalidCase('history-forked', 'a history that departs from the one remembered', undefined, (world) => {
    const known = { remembered: world.rotated.history };
    return {
      broken: { ...validPresentation(world, world.forked), ...known },
      repaired: { ...validPresentation(world, world.rotated), ...known },
    };
  }),

  invalidCase('leaf-key-sequence', 'a leaf under a newer event than the history goes to', undefined, (world) => ({
    broken: alone(world, world.rotated, world.service),
    repaired: alone(world, world.rotated, world.rotated),
  })),
  invalidCase('leaf-other-identity', 'a leaf judged by the history of another identity', 'judged', (world) => ({
    broken: alone(world, world.service, world.other),
    repaired: alone(world, world.service, world.service),
  })),
  invalidCase('leaf-aki', 'a leaf under the name of the first event, by the key of the second', 'judged', (world) => {
    const keyId = sequence(implicit(0, keyIdentifier(world.rotated.point)));
    const spec = leafSpec(world);
    const edit = {
      signingKey: world.rotated.key,
      ...exchange(spec, OID.authorityKeyIdentifier, extension(OID.authorityKeyIdentifier, false, keyId).der),
    };
    const repaired = alone(world, world.service, world.rotated);
    return { broken: { ...repaired, chain: [build({ ...spec, ...edit })] }, repaired };
  }),
  invalidCase('leaf-issuer', 'a leaf under a name that the identity cannot have', 'judged', (world) => {
    const repaired = alone(world, world.service, world.service);
    return {
      broken: { ...repaired, chain: [build({ ...leafSpec(world), issuer: nameOf(world.service.history.id, 16) })] },
      repaired,
    };
  }),
  invalidCase('leaf-signature', 'a leaf signed by itself', 'judged', (world) => {
    const repaired = alone(world, world.service, world.service);
    return { broken: { ...repaired, chain: [build({ ...leafSpec(world), signingKey: world.leafKey })] }, repaired };
  }),
  invalidCase('history-superseded', 'a leaf under an event whose grace is over', 'judged', (world) => {
    const judged = alone(world, world.service, world.rotated);
    return { broken: { ...judged, now: world.now + 3600 }, repaired: { ...judged, now: world.now + 3599 } };
  }),
  invalidCase('history-retired', 'a leaf of an identity that was retired', 'judged', (world) => {
    const repaired = alone(world, world.service, world.service);
    return { broken: { ...repaired, judgedBy: world.retired }, repaired };
  }),
  invalidCase('identity-threshold', 'a leaf with one signature where the identity asks for two signers', 'judged', (world) => ({
    broken: alone(world, world.twoOfTwo, world.twoOfTwo),
    repaired: alone(world, world.oneOfTwo, world.oneOfTwo),
  })),
];

function chainCase(
  refused: InvalidCase['refused'],
  defect: string,
  change: (chain: ValidPresentation['chain'], world: World) => readonly Uint8Array[],
  variant?: string,
): InvalidCase {
  return invalidCase(refused, `chain: ${defect}`, variant, (world) => {
    const repaired = validPresentation(world);
    return { broken: { ...repaired, chain: change(repaired.chain, world) }, repaired };
  });
}

function alone(world: World, issuer: Actor, judge: Actor): Presentation {
  return { now: world.now, chain: [validPresentation(world, issuer).chain[0]], judgedBy: judge.history, leafKey: world.leafKey };
}

function withHistory(spec: CertificateSpec, wires: readonly Uint8Array[]): Pick<CertificateSpec, 'extensions'> {
  return exchange(spec, OID.keyHistory, extension(OID.keyHistory, false, historyValue(wires)).der);
}

function inceptionOf(world: World): Uint8Array {
  const [wire] = world.service.history.wires;
  if (wire === undefined) throw new Error('a history has an inception');
  return wire;
}

/** With another first character of the signature. */
function damaged(wire: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(wire)
      .toString()
      .replace(/"signature":"(.)/, (_, first: string) => `"signature":"${first === 'A' ? 'B' : 'A'}`),
  );
}
