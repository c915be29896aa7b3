import { historyBytes, ThemisError, type SignedRecord, type VerifiedRecord } from '@themis-mesh/core';
import type { StoreAnswer } from '@themis-mesh/directory';
import type { PlacedContact } from '../contact.ts';
import type { Answer } from '../messages/answer.ts';
import type { KadNode } from '../node/kad-node.ts';
import { placeOfRecord, signerOf } from '../place.ts';
import type { Reading } from './reading.ts';
import type { StorerSet, Storers } from './storers.ts';
import { acksNeeded, Tally } from './tally.ts';

export interface PutGround {
  readonly node: KadNode;
  readonly reading: Reading;
  readonly storers: Storers;
}

/** A storer: another node, or the own one. */
type Storer = PlacedContact | 'self';

/** Stores a record, which was verified, at those who should keep it. */
export async function put(ground: PutGround, record: VerifiedRecord, signal?: AbortSignal): Promise<StoreAnswer> {
  const first = await attempt(ground, record, signal);
  if (first.hasEnough || first.proven !== undefined || !first.hasFailures || signal?.aborted === true) return answerOf(first);
  // Some of those who kept the place are gone: whoever moves up is asked.
  ground.storers.forget(placeOfRecord(record.key));
  const second = answerOf(await attempt(ground, record, signal));
  // Those who have it already have it from the first attempt.
  return second.outcome === 'unchanged' && first.isNew ? { ...second, outcome: 'stored' } : second;
}

async function attempt(ground: PutGround, record: VerifiedRecord, signal: AbortSignal | undefined): Promise<Tally> {
  const place = placeOfRecord(record.key);
  const set = await ground.storers.of(place, signal);
  const storers: readonly Storer[] = set.self ? ['self', ...set.others] : set.others;
  const tally = new Tally(record, storers.length, ground.reading);
  if (storers.length === 0 || signal?.aborted === true) return tally;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const look = (): void => {
      if (tally.isDecided) end();
    };
    signal?.addEventListener('abort', end, { once: true });
    for (const storer of storers) {
      deliver(ground, storer, record).then(
        (answer) => {
          if (bringsNews(ground.node, answer, set)) ground.storers.forget(place);
          tally.take(answer);
          look();
        },
        () => {
          tally.fail();
          look();
        },
      );
    }
  });
  return tally;
}

/**
 * Sends a record to one storer; where that cannot judge it because it lacks the history of the signer, the history first.
 *
 * @throws ThemisError where no answer comes
 */
export async function deliver({ node, reading }: PutGround, to: Storer, record: SignedRecord): Promise<Answer> {
  const ask = async ({ key, bytes }: SignedRecord): Promise<Answer> => {
    const request = { kind: 'store', record: { key, bytes } } as const;
    // The own store keeps the very bytes that it is given, and nobody else may write to them.
    return to === 'self'
      ? node.answerSelf({ kind: 'store', record: { key, bytes: Uint8Array.from(bytes) } })
      : node.ask(to, request);
  };
  const answer = await ask(record);
  if (answer.kind !== 'refused' || record.key.kind === 'history') return answer;
  const history = reading.history(signerOf(record.key));
  if (history === undefined || !LACKS_HISTORY.has(answer.refusal.code)) return answer;
  await ask({ key: { kind: 'history', id: history.id }, bytes: historyBytes(history) });
  return ask(record);
}

/** What a storer says of a sound record whose signer's newest keys it does not know. */
const LACKS_HISTORY: ReadonlySet<string> = new Set(['history-unknown', 'history-superseded', 'leaf-key-sequence']);

/** Whether it tells of a node that is nearer than the storers that are known. */
function bringsNews(node: KadNode, answer: Answer, { others }: StorerSet): boolean {
  const known = new Set(others.map(({ name }) => name));
  const nearest = node.placed(answer).slice(0, others.length - 1);
  return nearest.some(({ name }) => !known.has(name));
}

function answerOf(tally: Tally): StoreAnswer {
  const sample = { answered: tally.acks, of: tally.of };
  if (tally.proven !== undefined) {
    const { refusal, newer } = tally.proven;
    return { outcome: 'refused', refusal, ...(newer === undefined ? {} : { newer: { key: newer.key, bytes: newer.bytes } }) };
  }
  if (tally.of > 0 && tally.hasEnough) return { outcome: tally.isUnchanged ? 'unchanged' : 'stored', sample };
  if (tally.refusal !== undefined) return { outcome: 'refused', refusal: tally.refusal };
  const detail =
    tally.of === 0 ? 'no node answers' : `${tally.acks} of ${tally.of} nodes took it, ${acksNeeded(tally.of)} have to`;
  return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', detail) };
}
