import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { readStatement, verifyStatement, type Statement, type UnverifiedStatement } from '../statement/jws.ts';
import type { Quorum } from '../statement/quorum.ts';
import {
  eventShape,
  MAX_EVENTS,
  type Commitment,
  type EventSigner,
  type IdentityEvent,
  type Inception,
  type Retirement,
  type Rotation,
} from './events.ts';
import { IdentityId } from './id.ts';

/** One event of an identity, by its place and its digest: what one pins, and what a charter asks for at least. */
export interface EventPoint {
  readonly seq: number;
  readonly digest: string;
}

/**
 * A verified key history: an inception and what follows from it.
 *
 * Only {@link History.verify} makes one, so whoever holds it may believe every event in it. It says which keys its ID
 * has; that the ID is the one wanted, and that no newer event is known, is for the reader to compare.
 */
export class History {
  readonly id: IdentityId;
  /** Each event's place is its index. */
  readonly events: readonly Statement<IdentityEvent>[];

  private constructor(id: IdentityId, events: readonly Statement<IdentityEvent>[]) {
    this.id = id;
    this.events = Object.freeze(events);
  }

  /** @param wires the events' wire forms, in order */
  static verify(wires: readonly Uint8Array[]): Verdict<History> {
    if (wires.length === 0) return refuse('history-empty', 'no event');
    if (wires.length > MAX_EVENTS) return refuse('history-too-long', `${wires.length} events`);
    let history: History | undefined;
    for (const wire of wires) {
      const read = readStatement(wire, 'event', eventShape);
      if (!read.ok) return read;
      const extended = history === undefined ? begin(read.value) : follow(history, read.value);
      if (!extended.ok) return extended;
      history = History.#with(history, extended.value);
    }
    return accept(history as History);
  }

  /** This history and one event more. */
  extend(wire: Uint8Array): Verdict<History> {
    return History.verify([...this.wires, wire]);
  }

  static #with(history: History | undefined, event: Statement<IdentityEvent>): History {
    if (history !== undefined) return new History(history.id, [...history.events, event]);
    return new History(IdentityId.ofInception(event.payload), [event]);
  }

  /** The events' wire forms, in order. */
  get wires(): readonly Uint8Array[] {
    return this.events.map((event) => event.bytes);
  }

  /** The key sequence: the place of the last event. */
  get seq(): number {
    return this.events.length - 1;
  }

  get last(): Statement<IdentityEvent> {
    return this.events[this.seq] as Statement<IdentityEvent>;
  }

  get point(): EventPoint {
    return { seq: this.seq, digest: this.last.digest };
  }

  get retired(): boolean {
    return this.last.claims.t === 'retire';
  }

  /** The operational signers that an event made; undefined where there is no such event, or it is a retirement. */
  quorumAt(seq: number): Quorum | undefined {
    const event = this.events[seq]?.claims;
    return event === undefined || event.t === 'retire' ? undefined : event;
  }

  /** The operational signers of today; undefined for a retired identity. */
  get quorum(): Quorum | undefined {
    return this.quorumAt(this.seq);
  }

  /** Until when (seconds since 1970) what was signed under the keys of `seq` stays good: without end for the last ones. */
  goodUntil(seq: number): number {
    return this.events.slice(seq + 1).reduce((until, { claims }) => Math.min(until, claims.iat + graceOf(claims)), Infinity);
  }

  /** Whether this history holds that very event. */
  holds(point: EventPoint): boolean {
    return this.events[point.seq]?.digest === point.digest;
  }
}

function begin(event: UnverifiedStatement<IdentityEvent>): Verdict<Statement<IdentityEvent>> {
  const { claims } = event;
  if (claims.t !== 'inception') return refuse('history-first-not-inception', claims.t);
  return verifyStatement(event, claims);
}

function follow(history: History, event: UnverifiedStatement<IdentityEvent>): Verdict<Statement<IdentityEvent>> {
  const { claims } = event;
  const before = history.last;
  if (claims.t === 'inception') return refuse('history-inception-again', `event ${history.events.length}`);
  if (before.claims.t === 'retire') return refuse('history-after-retirement', claims.t);
  if (claims.id !== history.id) return refuse('history-event-id', `${claims.id}, the inception makes ${history.id}`);
  if (claims.seq !== history.seq + 1) return refuse('history-sequence', `${claims.seq} behind ${history.seq}`);
  if (claims.prev !== before.digest) return refuse('history-link', `event ${claims.seq}`);
  if (claims.iat < before.claims.iat) return refuse('history-time', `${claims.iat} behind ${before.claims.iat}`);
  const revealed = reveal(before.claims.next, claims.reveal);
  if (!revealed.ok) return revealed;
  return claims.t === 'retire' ? verifyStatement(event, revealed.value) : verifyStatement(event, revealed.value, claims);
}

/** The recovery signers shown, held against those that the event before committed to. */
function reveal(next: Commitment, shown: readonly EventSigner[]): Verdict<Quorum> {
  const committed = new Set(next.signers.map((thumbprints) => [...thumbprints].sort().join()));
  const foreign = shown.find(
    (signer) =>
      !committed.has(
        signer.keys
          .map((key) => key.thumbprint)
          .sort()
          .join(),
      ),
  );
  if (foreign !== undefined) return refuse('history-reveal', foreign.keys[0]?.thumbprint ?? '');
  if (shown.length < next.threshold) return refuse('history-reveal-threshold', `${shown.length} of ${next.threshold}`);
  return accept({ signers: shown, threshold: next.threshold });
}

function graceOf(event: Inception | Rotation | Retirement): number {
  return event.t === 'rotation' ? event.grace : 0;
}
