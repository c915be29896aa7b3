import { octetString, time, utf8String } from '../../src/asn1/der-writer.ts';
import { OID, OWN_ARC } from '../../src/certificate/profile.ts';
import type { Standing } from '../../src/index.ts';
import { adding, build, extension, identitySpec, leafSpec, type World } from './chain-builder.ts';
import { validPresentation, type Presentation } from './invalid-case.ts';

/** A chain that is believed. */
export interface ValidCase {
  readonly name: string;
  readonly presentation: Presentation;
  /** How the history stands to the one remembered; undefined for a leaf alone. */
  readonly standing?: Standing;
}

export function validCases(world: World): readonly ValidCase[] {
  const service = validPresentation(world);
  const rotated = validPresentation(world, world.rotated);
  const [leaf, identity] = service.chain;
  const spec = leafSpec(world);
  const later = extension(`${OWN_ARC}.99`, false, octetString(new Uint8Array(8)));
  const membership = extension(OID.membership, false, utf8String(Buffer.from('{"payload":""}')));
  const { expectedId: _, ...stranger } = service;
  return [
    { name: 'first contact', presentation: service, standing: 'first' },
    { name: 'whoever it is', presentation: stranger, standing: 'first' },
    { name: 'the history remembered', presentation: { ...service, remembered: world.service.history }, standing: 'same' },
    { name: 'a history that goes on', presentation: { ...rotated, remembered: world.service.history }, standing: 'extends' },
    { name: 'a rotated history at first contact', presentation: rotated, standing: 'first' },
    { name: 'a history in its grace', presentation: { ...service, remembered: world.rotated.history }, standing: 'precedes' },
    { name: 'one signer of two, where one is enough', presentation: validPresentation(world, world.oneOfTwo), standing: 'first' },
    { name: 'the first second', presentation: { ...service, now: world.now - 60 }, standing: 'first' },
    { name: 'the last second', presentation: { ...service, now: world.now + 3600 }, standing: 'first' },
    {
      name: 'a life of one day',
      presentation: { ...service, chain: [build({ ...spec, notAfter: time(world.now + 86_400) }), identity] },
      standing: 'first',
    },
    {
      name: 'a leaf with a membership',
      presentation: { ...service, chain: [build({ ...spec, ...adding(spec, membership) }), identity] },
      standing: 'first',
    },
    {
      name: 'a leaf with an extension of a later release',
      presentation: { ...service, chain: [build({ ...spec, ...adding(spec, later) }), identity] },
      standing: 'first',
    },
    {
      name: 'an identity certificate with an extension of a later release',
      presentation: {
        ...service,
        chain: [leaf, build({ ...identitySpec(world.service), ...adding(identitySpec(world.service), later) })],
      },
      standing: 'first',
    },
    { name: 'a leaf alone', presentation: { ...stranger, chain: [leaf], judgedBy: world.service.history } },
    {
      name: 'a leaf alone, in the grace of its event',
      presentation: { ...stranger, chain: [leaf], judgedBy: world.rotated.history },
    },
    {
      name: 'a leaf alone, of a later event',
      presentation: { ...stranger, chain: [rotated.chain[0]], judgedBy: world.rotated.history },
    },
  ];
}
