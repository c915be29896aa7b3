import { historyBytes, refuse, type IdentityId, type Refusal } from '@themis-mesh/core';
import { KAD, NODE_LIMITS, type NodeLimits } from '../constants.ts';
import { placeContact, plainContact, type Contact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { Answer, RecordsAnswer } from '../messages/answer.ts';
import type { GetRequest, Request, StoreRequest, WatchRequest } from '../messages/request.ts';
import { placeOfRecord, signerOf, type Place } from '../place.ts';
import type { NodeRoster } from '../roster.ts';
import type { RecordStore } from '../store/record-store.ts';
import { sampleOf } from '../store/sample.ts';
import { TokenBuckets } from '../store/token-bucket.ts';
import type { RoutingTable } from '../table/routing-table.ts';

export interface RepliesOptions {
  readonly own: Place;
  /** Which of its identity's nodes this is. */
  readonly index: number;
  readonly clock: KadClock;
  readonly chance: () => number;
  readonly table: RoutingTable;
  readonly store: RecordStore;
  readonly roster: () => NodeRoster;
  readonly limits?: Partial<NodeLimits> | undefined;
  /** Somebody has asked whose address nobody has tried yet. */
  readonly onStranger: (contact: Contact) => void;
}

/** What each request costs of a peer's share. Signatures are what a node's time goes into. */
const COST = { ping: 1, find: 1, get: 1, watch: 2, store: 4 } as const satisfies Record<Request['kind'], number>;

/** What a STORE costs besides that is refused for what it is: it was verified for nothing. */
const COST_OF_JUNK = 12;

/** A node keeps what lies near it: who knows twice as many as needed that are nearer refuses. */
const SLACK = 2;

/** What a node answers. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #buckets: TokenBuckets;

  constructor(options: RepliesOptions) {
    const { peerTokens, peerBurst } = { ...NODE_LIMITS, ...options.limits };
    this.#options = options;
    this.#buckets = new TokenBuckets(peerTokens, peerBurst);
  }

  /** Takes from the peer's share, and learns where it can be asked. @returns why it is not answered */
  admit(from: IdentityId, request: Request): Refusal | undefined {
    const { clock, roster, onStranger, table } = this.#options;
    if (!this.#buckets.take(from, COST[request.kind], clock.millis())) return refuse('node-flood', from).refusal;
    if (roster().standingOf(from) === 'removed') return refuse('member-removed', from).refusal;
    const { sender } = request;
    const contact = sender === undefined ? undefined : placeContact({ identity: from, ...sender }, roster());
    if (contact !== undefined && table.asked(contact, clock.millis())) onStranger(contact);
    return undefined;
  }

  /** @param from the identity that the channel proved */
  answer(from: IdentityId, request: Request): Answer {
    switch (request.kind) {
      case 'ping': {
        const { sender } = request;
        const place = sender === undefined ? undefined : this.#options.roster().placeOf(from, sender.index);
        return { kind: 'nodes', ...this.#told(place ?? this.#options.own) };
      }
      case 'find':
        return { kind: 'nodes', ...this.#told(request.target) };
      case 'get':
      case 'watch':
        return this.records(request);
      case 'store':
        return this.#store(from, request);
    }
  }

  refused(refusal: Refusal): Answer {
    return { kind: 'refused', index: this.#options.index, closer: [], refusal };
  }

  /** What is kept of what a GET or a WATCH asks for. */
  records({ wanted, known, zone }: GetRequest | WatchRequest): RecordsAnswer {
    const { store, clock, chance } = this.#options;
    const now = clock.seconds();
    const all = store.wanted(wanted, now);
    const records = sampleOf(all, { zone, chance }).map(({ key, bytes }) => ({ key, bytes }));
    const needsHistory = wanted.kind !== 'history' && wanted.kind !== 'charter';
    const history = needsHistory ? store.history(signerOf(wanted), now) : undefined;
    const further = history !== undefined && history.seq + 1 > known ? { history: historyBytes(history) } : {};
    return { kind: 'records', ...this.#told(placeOfRecord(wanted)), records, total: all.length, ...further };
  }

  sweep(): void {
    this.#buckets.sweep(this.#options.clock.millis());
  }

  #store(from: IdentityId, { record }: StoreRequest): Answer {
    const { store, clock, roster, table } = this.#options;
    const place = placeOfRecord(record.key);
    const told = this.#told(place);
    const nearer = table.countNearer(place);
    if (nearer >= KAD.replicas * SLACK)
      return { kind: 'refused', ...told, refusal: refuse('node-elsewhere', `${nearer}`).refusal };
    const source = { from, roster: roster(), seconds: clock.seconds(), millis: clock.millis() };
    const result = store.store(record, source);
    if (result.outcome !== 'refused') return { kind: 'stored', ...told, unchanged: result.outcome === 'unchanged' };
    const { refusal, held } = result;
    if (held === undefined) this.#buckets.take(from, COST_OF_JUNK, clock.millis());
    return { kind: 'refused', ...told, refusal, ...(held === undefined ? {} : { held }) };
  }

  #told(place: Place): { readonly index: number; readonly closer: readonly Contact[] } {
    const { index, table } = this.#options;
    return { index, closer: table.closest(place, KAD.replicas).map(plainContact) };
  }
}
