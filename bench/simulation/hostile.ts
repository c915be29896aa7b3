import { sha256, showRecordKey, type IdentityId, type SignedRecord } from '@themis-mesh/core';
import {
  compareDistance,
  placeOfRecord,
  type Answer,
  type Contact,
  type KadNode,
  type PlacedContact,
  type Place,
  type Request,
} from '@themis-mesh/directory-kad';
import type { SignedValue } from './signed-values.ts';

/** What hostile members do. All keep up the network otherwise: who does not is out of all tables within seconds. */
export const BEHAVIOURS = ['withhold', 'replay', 'flood', 'lie', 'hang'] as const;

export type Behaviour = (typeof BEHAVIOURS)[number];

/** What all hostile nodes know, for they are one. */
export class Conspiracy {
  readonly #values: ReadonlyMap<string, SignedValue>;
  readonly #nodes = new Map<IdentityId, PlacedContact>();

  constructor(values: readonly SignedValue[]) {
    this.#values = new Map(values.map((value) => [showRecordKey(value.key), value]));
  }

  add(contact: PlacedContact): void {
    this.#nodes.set(contact.identity, contact);
  }

  remove(identity: IdentityId): void {
    this.#nodes.delete(identity);
  }

  valueOf(request: Request): SignedValue | undefined {
    if (request.kind !== 'get' || request.wanted.kind === 'instances') return undefined;
    return this.#values.get(showRecordKey(request.wanted));
  }

  /** Those of it that are nearest to a place. */
  nearest(target: Place, count: number): readonly Contact[] {
    const nearest: PlacedContact[] = [];
    for (const contact of this.#nodes.values()) {
      const last = nearest[count - 1];
      if (last !== undefined && compareDistance(target, contact.place, last.place) > 0) continue;
      const at = nearest.findIndex((other) => compareDistance(target, contact.place, other.place) < 0);
      nearest.splice(at < 0 ? nearest.length : at, 0, contact);
      if (nearest.length > count) nearest.pop();
    }
    return nearest.map(({ identity, index, address }) => ({ identity, index, address }));
  }
}

/** A hostile node, which has an honest one inside. */
export interface HostileNode {
  readonly behaviour: Behaviour;
  readonly all: Conspiracy;
  readonly node: KadNode;
}

/** What a hostile node answers; undefined for nothing. */
export function answerOf({ behaviour, all, node }: HostileNode, from: IdentityId, request: Request): Answer | undefined {
  if (request.kind === 'ping') return node.handle(from, request);
  switch (behaviour) {
    // Says that it keeps what it drops, and that there is nothing.
    case 'withhold':
      return keepNothing(node, from, request);
    // Says that it keeps what it drops, and gives what was replaced long ago.
    case 'replay':
      return keepNothing(node, from, request, oldestOf(all, request));
    // Tells of nobody but its own kind, nearest first, which has the old, too.
    case 'flood':
      return { ...keepNothing(node, from, request, oldestOf(all, request)), closer: all.nearest(targetOf(request), 16) };
    // Refuses, gives what is not signed, and tells of honest nodes where nobody is.
    case 'lie': {
      const answer = keepNothing(node, from, request, junkFor(request));
      return {
        ...answer,
        closer: answer.closer.map((contact, at) => ({ ...contact, address: { host: `10.255.0.${at}`, port: 1 } })),
      };
    }
    case 'hang':
      return undefined;
  }
}

/** What a hostile node shows in place of what it should keep. */
interface Shown {
  readonly records: readonly SignedRecord[];
  readonly history?: Uint8Array;
}

/** An honest answer, but for what is kept. */
function keepNothing(node: KadNode, from: IdentityId, request: Request, shown: Shown = { records: [] }): Answer {
  const { index, closer } = node.handle(from, request.kind === 'find' ? request : findFor(request));
  switch (request.kind) {
    case 'get':
      return { kind: 'records', index, closer, ...shown, total: shown.records.length };
    case 'store':
      return { kind: 'stored', index, closer, unchanged: false };
    default:
      return { kind: 'nodes', index, closer };
  }
}

function findFor(request: Request): Request {
  const sender = request.sender === undefined ? {} : { sender: request.sender };
  return { kind: 'find', target: targetOf(request), ...sender };
}

function targetOf(request: Request): Place {
  switch (request.kind) {
    case 'find':
      return request.target;
    case 'store':
      return placeOfRecord(request.record.key);
    case 'get':
    case 'watch':
      return placeOfRecord(request.wanted);
    case 'ping':
      throw new TypeError('a ping has no target');
  }
}

/** With the history, without which no stranger believes it. */
function oldestOf(all: Conspiracy, request: Request): Shown {
  const value = all.valueOf(request);
  const oldest = value?.versions[0];
  if (value === undefined || oldest === undefined) return { records: [] };
  return { records: [oldest], history: value.history.bytes };
}

function junkFor(request: Request): Shown {
  if (request.kind !== 'get' || request.wanted.kind === 'instances') return { records: [] };
  return { records: [{ key: request.wanted, bytes: sha256(Buffer.from(showRecordKey(request.wanted))) }] };
}
