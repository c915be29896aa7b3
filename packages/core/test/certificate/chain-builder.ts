import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  bitString,
  element,
  explicit,
  implicit,
  octetString,
  oid,
  printableString,
  sequence,
  setOfOne,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
  yes,
} from '../../src/asn1/der-writer.ts';
import { identitySerial } from '../../src/certificate/identity-certificate.ts';
import { keyIdentifier } from '../../src/certificate/key-identifier.ts';
import { OID } from '../../src/certificate/profile.ts';
import { writeSignature } from '../../src/certificate/signature.ts';
import { incept, MemorySigner, PublicKey, retire, rotate, type History, type IdentityId } from '../../src/index.ts';

/** A certificate in the making: every field in DER, so that every one can be made wrong. An empty one is left out. */
export interface CertificateSpec {
  readonly version: Uint8Array;
  readonly serial: Uint8Array;
  readonly innerAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
  readonly subject: Uint8Array;
  readonly keyInfo: Uint8Array;
  readonly uniqueIds: Uint8Array;
  readonly extensions: readonly ExtensionSpec[];
  /** Makes the field of the list. */
  readonly extensionsField: (list: Uint8Array) => Uint8Array;
  readonly behindExtensions: Uint8Array;
  readonly outerAlgorithm: Uint8Array;
  readonly signingKey: KeyObject;
  readonly digest: string;
  /** Makes signatureValue of r ‖ s. */
  readonly signatureValue: (signature: Uint8Array) => Uint8Array;
  readonly behindSignature: Uint8Array;
  /** The last word on the bytes. */
  readonly finish: (certificate: Uint8Array) => Uint8Array;
}

export interface ExtensionSpec {
  readonly name: string;
  readonly der: Uint8Array;
}

export const NOTHING: Uint8Array = new Uint8Array();
export const NULL: Uint8Array = Uint8Array.of(0x05, 0x00);
export const ECDSA_SHA256: Uint8Array = sequence(oid(OID.ecdsaWithSha256));

/** One identity with what a test needs to speak for it, and to lie about it. */
export interface Actor {
  readonly history: History;
  readonly signer: MemorySigner;
  readonly recovery: MemorySigner;
  /** The operational private key. */
  readonly key: KeyObject;
  readonly point: Uint8Array;
}

export interface World {
  /** Seconds since 1970. */
  readonly now: number;
  readonly service: Actor;
  /** The same identity after a rotation with an hour of grace. */
  readonly rotated: Actor;
  /** Another rotation of the same inception. */
  readonly forked: Actor;
  /** The history of the service, ended. */
  readonly retired: History;
  /** An identity of two signers, of which one is enough. */
  readonly oneOfTwo: Actor;
  /** An identity of two signers that asks for both. */
  readonly twoOfTwo: Actor;
  readonly other: Actor;
  readonly leafKey: KeyObject;
  readonly instance: string;
}

export async function makeWorld(now: number): Promise<World> {
  const service = await makeActor(now);
  return {
    now,
    service,
    rotated: await rotateActor(service, now, 3600),
    forked: await rotateActor(service, now, 3600),
    retired: await retire(service.history, [service.recovery], now),
    oneOfTwo: await makePair(now, 1),
    twoOfTwo: await makePair(now, 2),
    other: await makeActor(now),
    leafKey: newKey(),
    instance: 'web-1',
  };
}

export async function makeActor(now: number): Promise<Actor> {
  const signer = MemorySigner.generate();
  const recovery = MemorySigner.generate();
  const history = await incept({ operational: soleSigner(signer), recovery: soleSigner(recovery), now });
  return actor(history, signer, recovery);
}

async function makePair(now: number, threshold: number): Promise<Actor> {
  const signer = MemorySigner.generate();
  const recovery = MemorySigner.generate();
  const operational = { signers: [signer, MemorySigner.generate()], threshold };
  return actor(await incept({ operational, recovery: soleSigner(recovery), now }), signer, recovery);
}

export async function rotateActor(before: Actor, now: number, grace: number): Promise<Actor> {
  const signer = MemorySigner.generate();
  const recovery = MemorySigner.generate();
  const plan = { revealed: [before.recovery], operational: soleSigner(signer), recovery: soleSigner(recovery), grace, now };
  return actor(await rotate(before.history, plan), signer, recovery);
}

export function soleSigner(signer: MemorySigner): { readonly signers: readonly MemorySigner[]; readonly threshold: number } {
  return { signers: [signer], threshold: 1 };
}

export function actor(history: History, signer: MemorySigner, recovery: MemorySigner): Actor {
  const [key] = signer.privateKeys;
  if (key === undefined) throw new Error('a signer has a key');
  return { history, signer, recovery, key, point: pointOf(key) };
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function pointOf(key: KeyObject): Uint8Array {
  const point = PublicKey.fromPrivate(key)?.point;
  if (point === undefined) throw new Error('not a P-256 key');
  return point;
}

export function spkiOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

export function nameOf(id: IdentityId | string, keySeq: number | string): Uint8Array {
  return sequence(
    attribute(OID.commonName, utf8String(Buffer.from(id))),
    attribute(OID.serialNumber, printableString(String(keySeq))),
  );
}

export function attribute(type: string, value: Uint8Array): Uint8Array {
  return setOfOne(sequence(oid(type), value));
}

export function extension(name: string, critical: boolean, value: Uint8Array): ExtensionSpec {
  return { name, der: sequence(oid(name), critical ? yes() : NOTHING, octetString(value)) };
}

export function uri(text: string | Uint8Array): Uint8Array {
  return implicit(6, Buffer.from(text));
}

export function leafUri(world: World, issuer: Actor = world.service): string {
  return `spiffe://${issuer.history.id}/i/${world.instance}`;
}

/** A valid leaf of the service. */
export function leafSpec(world: World, issuer: Actor = world.service): CertificateSpec {
  const { history } = issuer;
  return {
    ...outline(issuer.key),
    serial: unsignedInteger(Buffer.from('5f0d3c2b1a998877665544332211ffee', 'hex')),
    issuer: nameOf(history.id, history.seq),
    notBefore: time(world.now - 60),
    notAfter: time(world.now + 3600),
    subject: sequence(),
    keyInfo: spkiOf(world.leafKey),
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, Uint8Array.of(0x03, 0x02, 0x07, 0x80)),
      extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
      extension(OID.authorityKeyIdentifier, false, sequence(implicit(0, keyIdentifier(issuer.point)))),
      extension(OID.subjectAltName, true, sequence(uri(leafUri(world, issuer)))),
    ],
  };
}

/** The identity certificate of an actor, valid wherever its history is. */
export function identitySpec(issuer: Actor): CertificateSpec {
  const { history, point } = issuer;
  return {
    ...outline(issuer.key),
    serial: identitySerial(history, point),
    issuer: nameOf(history.id, history.seq),
    notBefore: time(history.last.claims.iat - 60),
    notAfter: element(0x18, Buffer.from('99991231235959Z')),
    subject: nameOf(history.id, history.seq),
    keyInfo: spkiOf(issuer.key),
    extensions: [
      extension(OID.basicConstraints, true, sequence(yes(), smallInteger(0))),
      extension(OID.keyUsage, true, Uint8Array.of(0x03, 0x02, 0x02, 0x04)),
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(point))),
      extension(OID.subjectAltName, false, sequence(uri(`spiffe://${history.id}`))),
      extension(OID.keyHistory, false, historyValue(history.wires)),
    ],
  };
}

export function historyValue(wires: readonly Uint8Array[]): Uint8Array {
  return sequence(...wires.map((wire) => utf8String(wire)));
}

export function build(spec: CertificateSpec): Uint8Array {
  const list = sequence(...spec.extensions.map(({ der }) => der));
  const toBeSigned = sequence(
    spec.version,
    spec.serial,
    spec.innerAlgorithm,
    spec.issuer,
    sequence(spec.notBefore, spec.notAfter),
    spec.subject,
    spec.keyInfo,
    spec.uniqueIds,
    spec.extensionsField(list),
    spec.behindExtensions,
  );
  const signature = sign(spec.digest, toBeSigned, { key: spec.signingKey, dsaEncoding: 'ieee-p1363' });
  return spec.finish(sequence(toBeSigned, spec.outerAlgorithm, spec.signatureValue(signature), spec.behindSignature));
}

/** The extensions with one of them exchanged. */
export function exchange(spec: CertificateSpec, name: string, der: Uint8Array): Pick<CertificateSpec, 'extensions'> {
  return { extensions: spec.extensions.map((entry) => (entry.name === name ? { name, der } : entry)) };
}

export function without(spec: CertificateSpec, name: string): Pick<CertificateSpec, 'extensions'> {
  return { extensions: spec.extensions.filter((entry) => entry.name !== name) };
}

export function adding(spec: CertificateSpec, ...added: readonly ExtensionSpec[]): Pick<CertificateSpec, 'extensions'> {
  return { extensions: [...spec.extensions, ...added] };
}

function outline(
  signingKey: KeyObject,
): Pick<
  CertificateSpec,
  | 'version'
  | 'innerAlgorithm'
  | 'uniqueIds'
  | 'extensionsField'
  | 'behindExtensions'
  | 'outerAlgorithm'
  | 'signingKey'
  | 'digest'
  | 'signatureValue'
  | 'behindSignature'
  | 'finish'
> {
  return {
    version: explicit(0, smallInteger(2)),
    innerAlgorithm: ECDSA_SHA256,
    uniqueIds: NOTHING,
    extensionsField: (list) => explicit(3, list),
    behindExtensions: NOTHING,
    outerAlgorithm: ECDSA_SHA256,
    signingKey,
    digest: 'sha256',
    signatureValue: (signature) => bitString(writeSignature(signature)),
    behindSignature: NOTHING,
    finish: (certificate) => certificate,
  };
}
