import { shape, toBase64url, type Json, type Refusal, type RefusalCode, type SignedRecord } from '@themis-mesh/core';
import type { FindAnswer, InstancesAnswer, Sample, StoreAnswer, Unavailable } from '@themis-mesh/directory';
import { keyShape, watchedJson } from './key.ts';
import { MOST_RECORD_BYTES, MOST_RECORDS } from './limits.ts';

/** The history of who signed the records comes with them, so that they can be verified as of one moment. */
interface WithHistory {
  readonly history?: Uint8Array;
  readonly ext?: Json;
}

interface Found extends WithHistory {
  readonly outcome: 'found';
  readonly record: Uint8Array;
  /** Seconds. */
  readonly age: number;
  readonly sample: Sample;
}

interface NotFound {
  readonly outcome: 'not-found';
  readonly sample: Sample;
  readonly ext?: Json;
}

export type FindReply = Found | NotFound;

export interface InstancesReply extends WithHistory {
  readonly outcome: 'found';
  readonly records: readonly SignedRecord[];
  readonly complete: boolean;
  /** Seconds. */
  readonly age: number;
  readonly sample: Sample;
}

interface Stored {
  readonly outcome: 'stored' | 'unchanged';
  readonly sample: Sample;
  readonly ext?: Json;
}

interface Refused extends WithHistory {
  readonly outcome: 'refused';
  readonly refusal: Refusal;
  readonly newer?: Uint8Array;
}

export type StoreReply = Stored | Refused;

/** `records`: those that the caller did not say it has. None of them: nothing else came in the time given. */
export interface WatchReply extends WithHistory {
  readonly records: readonly SignedRecord[];
}

const ext = shape.optional(shape.extension);
const bytes = shape.base64url(0, MOST_RECORD_BYTES);
const history = shape.optional(bytes);
const age = shape.integer(0, Number.MAX_SAFE_INTEGER);
const count = shape.integer(0, 1_000_000);
const sample = shape.object<Sample>({ answered: count, of: count });

const recordShape: shape.Shape<SignedRecord> = (value, path) => {
  const { key, record } = shape.object<{ readonly key: SignedRecord['key']; readonly record: Uint8Array }>({
    key: keyShape,
    record: bytes,
  })(value, path);
  return { key, bytes: record };
};

const records = shape.array(recordShape, { max: MOST_RECORDS });

const found = shape.object<Found>({ outcome: shape.literal('found'), record: bytes, age, sample, history, ext });
const notFound = shape.object<NotFound>({ outcome: shape.literal('not-found'), sample, ext });

export const findReplyShape: shape.Shape<FindReply> = (value, path) =>
  outcomeOf(value) === 'not-found' ? notFound(value, path) : found(value, path);

export const instancesReplyShape: shape.Shape<InstancesReply> = shape.object<InstancesReply>({
  outcome: shape.literal('found'),
  records,
  complete: (value, path) => {
    if (typeof value !== 'boolean') throw new shape.ShapeError(path, 'true or false');
    return value;
  },
  age,
  sample,
  history,
  ext,
});

/** A code of a newer release is passed on as it is: it is a name to show. */
const refusalCode: shape.Shape<RefusalCode> = (value, path) =>
  shape.text(/^[a-z][a-z0-9-]{0,63}$/, 'a code of a refusal')(value, path) as RefusalCode;

const detail = shape.text(/^[^\p{Cc}]{0,300}$/u, 'a text of at most 300 characters');
const refusal = shape.object<Refusal>({ code: refusalCode, detail });

const stored = shape.object<Stored>({ outcome: shape.oneOf('stored', 'unchanged'), sample, ext });
const refused = shape.object<Refused>({
  outcome: shape.literal('refused'),
  refusal,
  newer: shape.optional(bytes),
  history,
  ext,
});

export const storeReplyShape: shape.Shape<StoreReply> = (value, path) =>
  outcomeOf(value) === 'refused' ? refused(value, path) : stored(value, path);

export const watchReplyShape: shape.Shape<WatchReply> = shape.object<WatchReply>({ records, history, ext });

export function findJson(answer: Exclude<FindAnswer, Unavailable>, signer: Uint8Array | undefined): Json {
  if (answer.outcome === 'not-found') return { outcome: 'not-found', sample: sampleJson(answer.sample) };
  const { record, age: seconds } = answer;
  const body = { outcome: 'found', record: toBase64url(record.bytes), age: whole(seconds), sample: sampleJson(answer.sample) };
  return { ...body, ...historyJson(signer) };
}

export function instancesJson(answer: Exclude<InstancesAnswer, Unavailable>, signer: Uint8Array | undefined): Json {
  const { complete, age: seconds } = answer;
  const body = { outcome: 'found', records: recordsJson(answer.records), complete, age: whole(seconds) };
  return { ...body, sample: sampleJson(answer.sample), ...historyJson(signer) };
}

export function storeJson(answer: Exclude<StoreAnswer, Unavailable>, signer: Uint8Array | undefined): Json {
  if (answer.outcome !== 'refused') return { outcome: answer.outcome, sample: sampleJson(answer.sample) };
  const { code, detail: text } = answer.refusal;
  const body = { outcome: 'refused', refusal: { code, detail: text.toWellFormed() } };
  return answer.newer === undefined ? body : { ...body, newer: toBase64url(answer.newer.bytes), ...historyJson(signer) };
}

export function watchJson(changed: readonly SignedRecord[], signer: Uint8Array | undefined): Json {
  return { records: recordsJson(changed), ...historyJson(signer) };
}

function recordsJson(items: readonly SignedRecord[]): Json {
  return items.map((item) => ({ key: watchedJson(item.key), record: toBase64url(item.bytes) }));
}

function sampleJson({ answered, of }: Sample): Json {
  return { answered, of };
}

function historyJson(signer: Uint8Array | undefined): { readonly history?: string } {
  return signer === undefined ? {} : { history: toBase64url(signer) };
}

function whole(seconds: number): number {
  return Math.max(0, Math.round(seconds));
}

function outcomeOf(value: Json): Json {
  return typeof value === 'object' && value !== null && 'outcome' in value ? value.outcome : null;
}
