import { randomBytes } from 'node:crypto';
import { IdentityId, type Address, type RecordKey } from '@themis-mesh/core';
import {
  KadDirectory,
  KadNode,
  placeOfNode,
  type KadClock,
  type KadDirectoryOptions,
  type KadNodeOptions,
  type NodeRoster,
  type Place,
  type Standing,
} from '@themis-mesh/directory-kad';
import { MemoryNetwork, type MemoryNetworkOptions, type Reached } from './memory-network.ts';

/** A roster to which a test adds nodes as it likes, and in which everybody is a member but those whom it removes. */
export class OpenRoster implements NodeRoster {
  readonly #salts = new Map<string, Uint8Array>();
  readonly #standings = new Map<string, Standing>();

  allow(identity: IdentityId): void {
    this.#salts.set(identity, randomBytes(16));
  }

  /** From now on it is no member. */
  remove(identity: IdentityId): void {
    this.#salts.delete(identity);
    this.#standings.set(identity, 'removed');
  }

  /** The charter has not heard of it. */
  forget(identity: IdentityId): void {
    this.#standings.set(identity, 'unknown');
  }

  placeOf(identity: IdentityId, index: number): Place | undefined {
    const salt = this.#salts.get(identity);
    return salt === undefined || index !== 0 ? undefined : placeOfNode(identity, salt, index);
  }

  standingOf(identity: IdentityId): Standing {
    return this.#standings.get(identity) ?? 'member';
  }
}

export interface KadFleetOptions extends Partial<Omit<MemoryNetworkOptions, 'clock'>> {
  readonly clock: KadClock;
  /** What each node is made with, besides what makes it one of this fleet. */
  readonly node?: Partial<KadNodeOptions>;
}

/** One node of a fleet. */
export interface FleetNode {
  readonly node: KadNode;
  readonly identity: IdentityId;
  readonly address: Address;
}

/** Nodes in one process, over a network in memory. */
export class KadFleet {
  readonly network: MemoryNetwork;
  readonly roster: OpenRoster = new OpenRoster();
  readonly nodes: FleetNode[] = [];
  readonly #options: KadFleetOptions;
  readonly #chance: () => number;

  constructor(options: KadFleetOptions) {
    this.#options = options;
    this.#chance = options.chance ?? seededChance(1);
    this.network = new MemoryNetwork({ ...options, chance: this.#chance });
  }

  /** Adds a node, which joins by the first one. @param reach what others reach in its place: somebody who lies, for one */
  async add(reach: (node: KadNode) => Reached = (node) => node): Promise<FleetNode> {
    const identity = IdentityId.ofInception(randomBytes(32));
    this.roster.allow(identity);
    const address = { host: `10.0.${this.nodes.length >> 8}.${this.nodes.length & 255}`, port: 7000 };
    const node = new KadNode({
      identity,
      self: { index: 0, address },
      roster: this.roster,
      network: this.network.of(identity, address),
      clock: this.#options.clock,
      chance: this.#chance,
      ...this.#options.node,
    });
    const first = this.nodes[0];
    const added = { node, identity, address };
    this.nodes.push(added);
    this.network.attach(identity, address, reach(node));
    node.start();
    await node.join(first === undefined ? [] : [first.address]);
    return added;
  }

  async addAll(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) await this.add();
  }

  directory(at: number, options: Omit<KadDirectoryOptions, 'node'> = {}): KadDirectory {
    const member = this.nodes[at];
    if (member === undefined) throw new RangeError(`there is no node ${at}`);
    return new KadDirectory({ node: member.node, ...options });
  }

  /** As when its process is killed. */
  kill({ node, address }: FleetNode): void {
    this.network.detach(address);
    node.stop();
  }

  stop(): void {
    for (const { node } of this.nodes) node.stop();
  }

  /** Those who hold something under a key. */
  holdersOf(key: RecordKey): readonly FleetNode[] {
    const now = this.#options.clock.seconds();
    return this.nodes.filter(({ node }) => node.store.find(key, now) !== undefined);
  }
}

/** Numbers from 0 to below 1 that are the same in each run (mulberry32). */
export function seededChance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time of the system for spans, and a test's own for dates. */
export function spanClock(seconds: () => number): KadClock {
  return {
    seconds,
    millis: () => performance.now(),
    after(milliseconds, run) {
      const timer = setTimeout(run, milliseconds);
      timer.unref();
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
