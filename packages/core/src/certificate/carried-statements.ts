import { DerReader, TAG } from '../asn1/der-reader.ts';
import { sequence, utf8String } from '../asn1/der-writer.ts';
import { demand } from './defect.ts';
import type { Extensions } from './extensions.ts';
import { OID } from './profile.ts';

/** KeyHistory ::= SEQUENCE OF UTF8String: the wire form of each event, in order. */
export function writeKeyHistory(wires: readonly Uint8Array[]): Uint8Array {
  return sequence(...wires.map((wire) => utf8String(wire)));
}

/** @returns the wire forms, which nobody has verified */
export function readKeyHistory(extensions: Extensions): readonly Uint8Array[] {
  const extension = extensions.get(OID.keyHistory);
  demand(extension !== undefined, 'identity-history-missing', 'none');
  demand(!extension.critical, 'identity-history-critical', 'critical');
  const reader = new DerReader(extension.value);
  const list = reader.enter(TAG.sequence, 'key history');
  reader.finish('key history');
  const wires: Uint8Array[] = [];
  while (!list.done) wires.push(list.expect(TAG.utf8String, 'event').content);
  return wires;
}

/** Membership ::= UTF8String: the wire form of the statement. */
export function writeMembership(wire: Uint8Array): Uint8Array {
  return utf8String(wire);
}

/** @returns the wire form, which nobody has verified; undefined where the leaf carries none */
export function readMembership(extensions: Extensions): Uint8Array | undefined {
  const extension = extensions.get(OID.membership);
  if (extension === undefined) return undefined;
  demand(!extension.critical, 'leaf-membership-critical', 'critical');
  const reader = new DerReader(extension.value);
  const wire = reader.expect(TAG.utf8String, 'membership').content;
  reader.finish('membership');
  return wire;
}
