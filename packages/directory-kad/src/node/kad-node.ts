import { sha256, type Address, type IdentityId, type VerifiedRecord } from '@themis-mesh/core';
import { KAD } from '../constants.ts';
import { nameOfNode, placeContact, type PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import { runLookup, type LookupResult, type LookupTask } from '../lookup/run-lookup.ts';
import type { Answer } from '../messages/answer.ts';
import { decodeRequest } from '../messages/decode.ts';
import { encodeAnswer } from '../messages/encode.ts';
import type { Request, WatchRequest } from '../messages/request.ts';
import { compareDistance, type Place } from '../place.ts';
import type { NodeRoster } from '../roster.ts';
import { RecordStore } from '../store/record-store.ts';
import { LostContacts } from '../table/lost-contacts.ts';
import { RoutingTable } from '../table/routing-table.ts';
import { Watches } from '../watch/watches.ts';
import { Asker } from './asker.ts';
import { Joining } from './joining.ts';
import type { KadNodeOptions, KadStatus, ServedWatch } from './kad-node-options.ts';
import { Keeper } from './keeper.ts';
import { Replies } from './replies.ts';
import { Upkeep } from './upkeep.ts';

/** One node of the network, without its sockets: who has them calls it, and it calls its `KadNetwork`. */
export class KadNode {
  readonly identity: IdentityId;
  readonly clock: KadClock;
  readonly chance: () => number;
  readonly store: RecordStore;
  readonly watches: Watches;
  readonly #options: KadNodeOptions;
  readonly #own: Place;
  readonly #ownName: string | undefined;
  readonly #table: RoutingTable;
  readonly #lost: LostContacts = new LostContacts();
  readonly #asker: Asker;
  readonly #replies: Replies;
  readonly #keeper: Keeper;
  readonly #upkeep: Upkeep;
  readonly #joining: Joining;
  #roster: NodeRoster;
  #isStopped = false;

  /** @throws TypeError where the charter allows no such node */
  constructor(options: KadNodeOptions) {
    const { identity, self, roster, network, clock, chance, limits } = options;
    this.identity = identity;
    this.clock = clock;
    this.chance = chance;
    this.#options = options;
    this.#roster = roster;
    this.#own = ownPlace(options);
    this.#ownName = self === undefined ? undefined : nameOfNode({ identity, index: self.index });
    this.#table = new RoutingTable(this.#own, {
      onJoined: (contact) => this.#onJoined(contact),
      onLost: (contact) => this.#onLost(contact),
      onDoubt: (contact) => this.#upkeep.after(KAD.suspectProbeMs, () => this.#asker.probe(contact)),
    });
    this.watches = new Watches(limits);
    this.store = new RecordStore({ ...options, own: this.#own, onChange: (record) => this.#onChange(record) });
    const common = { own: this.#own, clock, table: this.#table, store: this.store, roster: () => this.#roster };
    this.#asker = new Asker({ ...common, network, self, ownName: this.#ownName });
    this.#replies = new Replies({
      ...common,
      index: self?.index ?? 0,
      chance,
      limits,
      onStranger: (contact) => this.#meetStranger(contact),
    });
    this.#keeper = new Keeper({ ...common, asker: this.#asker });
    this.#upkeep = new Upkeep(clock, chance);
    this.#joining = new Joining({ ...common, node: this, network, asker: this.#asker, ownName: this.#ownName });
  }

  /** Whether it keeps records, or only asks. */
  get isNode(): boolean {
    return this.#options.self !== undefined;
  }

  /** Whether it knows others, or has nobody to know: only then what it does not find is not there. */
  get isSettled(): boolean {
    return this.#joining.isSettled;
  }

  get roster(): NodeRoster {
    return this.#roster;
  }

  get status(): KadStatus {
    return {
      isNode: this.isNode,
      isSettled: this.isSettled,
      neighbours: [...this.#table.neighbours()].map(({ contact }) => contact),
      records: this.store.records,
      bytes: this.store.bytes,
      watches: this.watches.size,
    };
  }

  /** Begins the upkeep: it probes, refreshes, republishes and sweeps until it is stopped. */
  start(): void {
    this.#upkeep.every({ everyMs: 1_000, run: () => this.#probeQuiet() });
    this.#upkeep.every({ everyMs: 10_000, run: () => void this.#joining.lookAround() });
    if (!this.isNode) return;
    this.#upkeep.every({ everyMs: 5_000, run: () => this.#sweep() });
    this.#upkeep.every({ everyMs: KAD.republishMs / 10, run: () => this.#keeper.republish() });
  }

  /**
   * Meets the nodes at some addresses, and through them those near its own place. Where nobody answers it goes on trying.
   *
   * @returns how many nodes are known then
   */
  join(bootstrap: readonly Address[]): Promise<number> {
    return this.#joining.join(bootstrap);
  }

  /** Asks who is at an address. @returns undefined where nobody answers, or no node that the charter knows */
  meet(address: Address): Promise<PlacedContact | undefined> {
    return this.#joining.meet(address);
  }

  /** From a new charter on others are nodes and members. */
  takeRoster(roster: NodeRoster): void {
    this.#roster = roster;
    this.#table.keepOnly(({ identity, index, place }) => {
      const now = roster.placeOf(identity, index);
      return now !== undefined && compareDistance(place, now, place) === 0;
    });
    for (const peer of this.watches.peers()) if (roster.standingOf(peer) === 'removed') this.watches.endOf(peer);
    this.store.sweep(this.clock.seconds(), roster);
  }

  /** A connection with a node has ended, which may have: it is asked at once. */
  suspect(identity: IdentityId, index: number): void {
    for (const { contact } of this.#table.neighbours()) {
      if (contact.identity === identity && contact.index === index) this.#asker.probe(contact);
    }
  }

  /** Answers what another asks, but for WATCH. @param from the identity that the channel proved */
  handle(from: IdentityId, request: Request): Answer {
    const refusal = this.#replies.admit(from, request);
    if (refusal !== undefined) return this.#replies.refused(refusal);
    return this.#replies.answer(from, request);
  }

  /** {@link handle} for bytes: what is no request is refused, and counts. */
  handleBytes(from: IdentityId, bytes: Uint8Array): Uint8Array {
    const request = decodeRequest(bytes);
    if (request.ok) return encodeAnswer(this.handle(from, request.value));
    const flood = this.#replies.admit(from, { kind: 'ping' });
    return encodeAnswer(this.#replies.refused(flood ?? request.refusal));
  }

  /**
   * Opens a watch for another.
   *
   * @param push sends an answer with what has changed
   * @param end ends the stream: the lease is over
   */
  serveWatch(from: IdentityId, request: WatchRequest, push: (answer: Answer) => void, end: () => void): ServedWatch {
    const refusal = this.#replies.admit(from, request);
    if (refusal !== undefined) return { answer: this.#replies.refused(refusal) };
    const { wanted, lease } = request;
    const wish = { peer: from, wanted, lease, now: this.clock.millis() };
    const opened = this.watches.add(wish, { end, push: (record) => push(this.#changeOf(record, request)) });
    if (!opened.ok) return { answer: this.#replies.refused(opened.refusal) };
    return { answer: this.#replies.records(request), stop: opened.value };
  }

  /** What this node itself keeps of it, or does with it: as if it asked itself. */
  answerSelf(request: Request): Answer {
    return this.#replies.answer(this.identity, request);
  }

  /** Asks one node. @throws ThemisError where no answer comes */
  ask(to: PlacedContact, request: Request, signal?: AbortSignal): Promise<Answer> {
    return this.#asker.ask(to, request, signal);
  }

  /** The answers to a WATCH at another node. */
  watchAt(to: PlacedContact, request: WatchRequest, signal: AbortSignal): AsyncIterable<Answer> {
    return this.#options.network.watch(to, this.#asker.signed(request), signal);
  }

  /** Asks ever nearer nodes; this one is not among them. */
  lookup(task: Omit<LookupTask, 'seeds' | 'except'>): Promise<LookupResult> {
    this.#table.looked(task.target, this.clock.millis());
    const seeds = this.#table.closest(task.target, 2 * KAD.replicas);
    const asker = this.#asker;
    const ground = {
      clock: this.clock,
      ask: (to: PlacedContact, request: Request) => asker.ask(to, request),
      slowMs: (of: PlacedContact) => asker.slowMs(of),
      placed: (answer: Answer) => asker.placed(answer),
    };
    return runLookup(ground, { ...task, seeds, except: this.#ownName });
  }

  /** Those nearest to a place among whom it knows, without asking anybody. */
  nearest(target: Place, count: number): readonly PlacedContact[] {
    return this.#table.closest(target, count);
  }

  /** Whether this node is one of the storers of a place, as far as it knows. */
  isStorerOf(place: Place): boolean {
    return this.isNode && this.#table.countNearer(place) < KAD.replicas;
  }

  /** Whether this node is nearer to a place than another is. */
  isNearer(place: Place, than: Place): boolean {
    return compareDistance(place, this.#own, than) < 0;
  }

  /** The nodes that an answer tells of and that the charter knows. */
  placed(answer: Answer): readonly PlacedContact[] {
    return this.#asker.placed(answer);
  }

  /** Hands over what it keeps, and stops. */
  async leave(): Promise<void> {
    this.#upkeep.stop();
    if (this.isNode) await this.#keeper.leave();
    this.stop();
  }

  /** Stops without a word. */
  stop(): void {
    this.#isStopped = true;
    this.#upkeep.stop();
    this.watches.endOf();
  }

  #changeOf({ key, bytes }: VerifiedRecord, request: WatchRequest): Answer {
    const told = this.#replies.records({ ...request, wanted: key });
    return { ...told, records: [{ key, bytes }], total: 1, closer: [] };
  }

  #onChange(record: VerifiedRecord): void {
    this.watches.changed(record);
    this.#options.onChange?.(record);
  }

  #onJoined(contact: PlacedContact): void {
    this.#lost.remove(contact.name);
    if (this.isNode && !this.#isStopped) this.#keeper.joined(contact);
  }

  #onLost(contact: PlacedContact): void {
    this.#lost.add(contact, this.clock.millis());
    if (this.isNode && !this.#isStopped) this.#keeper.lost(contact);
  }

  #meetStranger(contact: { readonly identity: IdentityId; readonly index: number; readonly address: Address }): void {
    const placed = placeContact(contact, this.#roster);
    if (placed !== undefined && !this.#isStopped) this.#asker.probe(placed);
  }

  #probeQuiet(): void {
    this.#joining.tryAgain();
    for (const contact of this.#lost.next(this.clock.millis())) this.#revive(contact);
    for (const contact of this.#table.quiet(this.clock.millis()).slice(0, KAD.bucket)) this.#asker.probe(contact);
  }

  /** A charter may have made it another node since, or none. */
  #revive(contact: PlacedContact): void {
    const placed = placeContact(contact, this.#roster);
    if (placed === undefined) this.#lost.remove(contact.name);
    else this.#asker.probe(placed);
  }

  #sweep(): void {
    this.store.sweep(this.clock.seconds(), this.#roster);
    this.watches.sweep(this.clock.millis());
    this.#replies.sweep();
  }
}

function ownPlace({ identity, self, roster, chance }: KadNodeOptions): Place {
  // Who only asks has no place that others know; any will do to sort whom it knows.
  if (self === undefined) return sha256(`${identity} ${chance()}`) as Place;
  const place = roster.placeOf(identity, self.index);
  if (place === undefined) throw new TypeError(`the charter allows ${identity} no node ${self.index}`);
  return place;
}
