import { ThemisError, type IdentityId, type RecordKey, type VerifiedRecord } from '@themis-mesh/core';
import type { FindAnswer, InstancesAnswer, Sample, Watched } from '@themis-mesh/directory';
import type { PlacedContact } from '../contact.ts';
import type { LookupResult, LookupTask } from '../lookup/run-lookup.ts';
import type { Answer } from '../messages/answer.ts';
import type { GetRequest } from '../messages/request.ts';
import { placeOfRecord, signerOf } from '../place.ts';
import { Findings } from './findings.ts';
import type { Floor, Floors } from './floors.ts';
import { InstanceFindings } from './instance-findings.ts';
import { deliver, type PutGround } from './put.ts';

export interface GetGround extends PutGround {
  readonly floors: Floors;
  /** The own zone. */
  readonly zone: string | undefined;
  /** How many storers have to agree before a find ends. */
  readonly agree: number;
}

/** The path of the own store, which is none of a lookup's. */
const OWN_PATH = -1;

/** Over how many paths what is believed should come, at least. */
const PATHS = 2;

/** The name under which the own node's store counts. */
const SELF = 'self';

/**
 * Takes what a node says.
 *
 * @param isNear whether what a node of that name says counts: it is one of those who should keep it, as far as is known
 * @returns how many more should say the same
 */
type Take = (name: string, answer: Answer, path: number, paths: number, isNear: (name: string) => boolean) => number;

interface Asked {
  readonly closest: readonly PlacedContact[];
  readonly missing: number;
  /** Whether the own node is one of those who should keep it. */
  readonly self: boolean;
  readonly isAborted: boolean;
}

export async function get(ground: GetGround, key: RecordKey, signal?: AbortSignal): Promise<FindAnswer> {
  const findings = new Findings(key, ground.reading, ground.agree);
  const asked = await askAll(ground, key, (...said) => findings.take(...said), signal);
  const { best } = findings;
  if (best !== undefined) {
    const { record, heard } = ground.floors.raise(best);
    const isOutdone = record !== best && Buffer.compare(record.bytes, best.bytes) !== 0;
    repair(ground, asked, record, isOutdone ? undefined : findings);
    const sample = sampleOf(asked, findings.agreeing);
    const age = isOutdone ? ageOf(ground, heard) : 0;
    return { outcome: 'found', record: unverified(record), age, sample };
  }
  const none = countOf(asked, (name) => findings.hasNone(name) && !findings.isBad(name));
  const floor = ground.floors.find(key);
  if (floor !== undefined) return { outcome: 'found', ...seenBefore(ground, floor), sample: sampleOf(asked, none) };
  if (canDeny(ground, asked, none)) return { outcome: 'not-found', sample: sampleOf(asked, none) };
  return unavailable(asked, none);
}

export async function getInstances(ground: GetGround, service: IdentityId, signal?: AbortSignal): Promise<InstancesAnswer> {
  const findings = new InstanceFindings(service, ground.reading);
  const asked = await askAll(ground, { kind: 'instances', id: service }, (...said) => findings.take(...said), signal);
  const found = findings.found.map((record) => ground.floors.raise(record).record);
  const sample = sampleOf(asked, findings.answered);
  if (found.length > 0) {
    const { isSample, total } = findings;
    const rest = isSample ? { complete: false, total: Math.max(total, found.length) } : { complete: true };
    return { outcome: 'found', records: found.map(unverified), ...rest, age: 0, sample };
  }
  const none = countOf(asked, (name) => findings.hasNone(name) && !findings.isBad(name));
  const floors = ground.floors.instances(service);
  if (floors.length > 0) {
    const age = Math.max(...floors.map(({ heard }) => ageOf(ground, heard)));
    return { outcome: 'found', records: floors.map(({ record }) => unverified(record)), complete: false, age, sample };
  }
  if (canDeny(ground, asked, none)) return { outcome: 'found', records: [], complete: true, age: 0, sample };
  return unavailable(asked, none);
}

/** Asks the own store, then ever nearer nodes, until there is enough. */
async function askAll(ground: GetGround, wanted: Watched, take: Take, signal: AbortSignal | undefined): Promise<Asked> {
  const { node, reading, zone, storers } = ground;
  const place = placeOfRecord(wanted);
  const request = (): GetRequest => ({
    kind: 'get',
    wanted,
    known: reading.eventsKnown(signerOf(wanted)),
    ...(zone === undefined ? {} : { zone }),
  });
  const isStorer = node.isStorerOf(place);
  const enough = node.isNode ? take(SELF, node.answerSelf(request()), OWN_PATH, PATHS, () => isStorer) : ground.agree;
  const onAnswer: LookupTask['onAnswer'] = (from, answer, path, isNear) =>
    take(from.name, answer, path, PATHS, (name) => (name === SELF ? isStorer : isNear(name)));
  const result: LookupResult = await node.lookup({ target: place, request, enough, onAnswer, signal });
  const { self, others } = storers.setOf(place, result.closest);
  return { closest: others, missing: result.missing, self, isAborted: signal?.aborted === true };
}

/** How many of those who should keep it say something. */
function countOf({ closest, self }: Asked, says: (name: string) => boolean): number {
  return closest.filter(({ name }) => says(name)).length + (self && says(SELF) ? 1 : 0);
}

/**
 * Whether what nobody has is not there: more than half of all that should keep it, those who do not answer among them, say so. A
 * node that has not found its network yet denies nothing.
 */
function canDeny({ node }: GetGround, asked: Asked, none: number): boolean {
  return !asked.isAborted && node.isSettled && none * 2 > sizeOf(asked);
}

function sizeOf({ closest, missing, self }: Asked): number {
  return closest.length + missing + (self ? 1 : 0);
}

function sampleOf(asked: Asked, answered: number): Sample {
  return { answered, of: Math.max(answered, sizeOf(asked)) };
}

/** Brings those who lack the newest up to it. Nobody waits for that. @param findings undefined: nobody who was asked has it */
function repair(ground: GetGround, { closest, self }: Asked, record: VerifiedRecord, findings: Findings | undefined): void {
  const lacking = findings === undefined ? undefined : new Set(findings.lacking);
  const isLacking = (name: string): boolean => lacking === undefined || lacking.has(name);
  const place = placeOfRecord(record.key);
  const nearest = new Set(ground.node.nearest(place, closest.length).map(({ name }) => name));
  const storers = closest.filter(({ name }) => nearest.has(name) && isLacking(name));
  const all = self && ground.node.isStorerOf(place) && isLacking(SELF) ? (['self', ...storers] as const) : storers;
  for (const storer of all) deliver(ground, storer, record).catch(() => {});
}

function seenBefore(ground: GetGround, { record, heard }: Floor): { record: ReturnType<typeof unverified>; age: number } {
  return { record: unverified(record), age: ageOf(ground, heard) };
}

/** Seconds since it was heard; at least 1, because it was not just now. */
function ageOf({ reading }: GetGround, heard: number): number {
  return Math.max(1, reading.now - heard);
}

function unavailable(asked: Asked, none: number): Extract<FindAnswer, { readonly outcome: 'unavailable' }> {
  const why = asked.isAborted ? 'it was called off' : `${none} of ${sizeOf(asked)} nodes answer, and have none`;
  return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', why) };
}

/** What leaves the directory is bytes of the caller's own: he may do with them what he likes. */
function unverified({ key, bytes }: VerifiedRecord): { readonly key: RecordKey; readonly bytes: Uint8Array } {
  return { key, bytes: Uint8Array.from(bytes) };
}
