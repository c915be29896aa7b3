import type { KeyObject } from 'node:crypto';
import {
  verifyChain,
  verifyLeafUnder,
  type History,
  type IdentityId,
  type KnownIdentities,
  type RefusalCode,
  type VerifiedLeaf,
  type Verdict,
} from '../../src/index.ts';
import { build, identitySpec, leafSpec, type Actor, type CertificateSpec, type World } from './chain-builder.ts';

/** What a peer presents, and what the verifier knows. */
export interface Presentation {
  readonly now: number;
  readonly chain: readonly Uint8Array[];
  readonly expectedId?: IdentityId;
  readonly remembered?: History;
  /** Where given, the chain is a leaf alone and judged by this history. */
  readonly judgedBy?: History;
  /** The private key of the first certificate, as far as it has one. */
  readonly leafKey: KeyObject;
}

export interface ValidPresentation extends Presentation {
  readonly chain: readonly [leaf: Uint8Array, identity: Uint8Array];
}

/** A chain with one defect, and the same chain without it. */
export interface InvalidCase {
  /** The code, and where several cases have one code, what makes the difference. */
  readonly name: string;
  readonly defect: string;
  readonly refused: RefusalCode;
  present(world: World): { readonly broken: Presentation; readonly repaired: Presentation };
}

export type Edit = (spec: CertificateSpec, world: World) => Partial<CertificateSpec>;

/** What the verifier says. */
export function judge(
  { chain, now, expectedId, remembered, judgedBy }: Presentation,
  cache?: KnownIdentities,
): Verdict<VerifiedLeaf> {
  const [leaf] = chain;
  if (judgedBy !== undefined && leaf !== undefined) return verifyLeafUnder(leaf, judgedBy, now);
  return verifyChain(chain, { now, expectedId, seen: (id) => (remembered?.id === id ? remembered : undefined), cache });
}

/** A valid chain of the world's service, or of another actor in it: the same one each time. */
export function validPresentation(world: World, of: Actor = world.service): ValidPresentation {
  const made = VALID.get(of);
  if (made !== undefined) return made;
  const chain = [build(leafSpec(world, of)), build(identitySpec(of))] as const;
  const presentation = { now: world.now, expectedId: of.history.id, chain, leafKey: world.leafKey };
  VALID.set(of, presentation);
  return presentation;
}

const VALID = new WeakMap<Actor, ValidPresentation>();

/** A chain whose leaf has the defect. @param leafKey the key of the leaf, where that is another one than the world's */
export function leafCase(code: LeafCode, defect: string, edit: Edit, variant?: string, leafKey?: KeyObject): InvalidCase {
  return invalidCase(code, defect, variant, (world) => {
    const repaired = validPresentation(world);
    const spec = leafSpec(world);
    const broken = { ...repaired, chain: [build({ ...spec, ...edit(spec, world) }), repaired.chain[1]] };
    return { broken: leafKey === undefined ? broken : { ...broken, leafKey }, repaired };
  });
}

/** A chain whose identity certificate has the defect. */
export function identityCase(code: RefusalCode, defect: string, edit: Edit, variant?: string): InvalidCase {
  return invalidCase(code, defect, variant, (world) => {
    const repaired = validPresentation(world);
    const spec = identitySpec(world.service);
    const broken = { ...repaired, chain: [repaired.chain[0], build({ ...spec, ...edit(spec, world) })] };
    return { broken, repaired };
  });
}

/** Two cases: the same defect in the leaf, and in the identity certificate. */
export function either(code: EitherCode, defect: string, edit: Edit, variant?: string): readonly InvalidCase[] {
  return [
    leafCase(`leaf-${code}`, `leaf: ${defect}`, edit, variant),
    identityCase(`identity-${code}`, `identity certificate: ${defect}`, edit, variant),
  ];
}

export function invalidCase(
  refused: RefusalCode,
  defect: string,
  variant: string | undefined,
  present: InvalidCase['present'],
): InvalidCase {
  return { name: variant === undefined ? refused : `${refused}/${variant}`, defect, refused, present };
}

type LeafCode = Extract<RefusalCode, `leaf-${string}`>;

/** A code that both certificates have. */
type EitherCode = {
  [C in LeafCode]: C extends `leaf-${infer N}` ? (`identity-${N}` extends RefusalCode ? N : never) : never;
}[LeafCode];
