import { sha256, IdentityId, type Address } from '@themis-mesh/core';
import { KAD, KadNode, compareDistance, placeContact, type Place, type PlacedContact } from '@themis-mesh/directory-kad';
import { seededChance } from '@themis-mesh/testkit';
import { drawNeighbours } from './draw-neighbours.ts';
import { EventClock } from './event-clock.ts';
import { answerOf, Conspiracy, type Behaviour } from './hostile.ts';
import { SimNetwork } from './sim-network.ts';
import { SimRoster } from './sim-roster.ts';
import type { SignedValue } from './signed-values.ts';

export interface WorldPlan {
  readonly seed: number;
  readonly nodes: number;
  /** The part of all nodes that is hostile, and what those do, in turn. */
  readonly hostile: number;
  readonly behaviours: readonly Behaviour[];
  /** How nodes get to know each other: each joins by others, or all know at once whom they would know in time. */
  readonly build: 'joined' | 'drawn';
  /** The part of all nodes that dies in a minute, and is replaced by new ones. Without it nodes do no upkeep. */
  readonly churn: number;
  /** The part that dies at once before the finds begin, while nobody does any upkeep. */
  readonly dead: number;
  readonly values: readonly SignedValue[];
  readonly loss: number;
}

export interface SimNode {
  readonly node: KadNode;
  readonly contact: PlacedContact;
  readonly behaviour: Behaviour | undefined;
}

/** How many nodes stay, and are honest: those who own values, and those who read more than once. */
const RESIDENTS = 4;

/** How many others a newcomer is told of. */
const BOOTSTRAP = 3;

/** A network of nodes in virtual time. */
export class World {
  readonly clock: EventClock = new EventClock();
  readonly chance: () => number;
  readonly network: SimNetwork;
  /** Those who live. */
  readonly nodes: SimNode[] = [];
  readonly residents: SimNode[] = [];
  readonly #plan: WorldPlan;
  readonly #roster: SimRoster;
  readonly #conspiracy: Conspiracy;
  #born = 0;

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.chance = seededChance(plan.seed);
    this.#roster = new SimRoster(plan.seed);
    this.#conspiracy = new Conspiracy(plan.values);
    const { clock, chance } = this;
    this.network = new SimNetwork({ clock, chance, latencyMs: LATENCY, loss: plan.loss });
  }

  async build(): Promise<void> {
    const { nodes, hostile, behaviours, build } = this.#plan;
    for (let at = 0; at < nodes; at += 1) {
      // Evenly among all, so that the number is exact.
      const turn = Math.floor((at + 1) * hostile);
      const isHostile = turn > Math.floor(at * hostile);
      const behaviour = isHostile ? behaviours[turn % behaviours.length] : undefined;
      const born = this.#bear(behaviour);
      if (behaviour === undefined && this.residents.length < RESIDENTS) this.residents.push(born);
      if (build === 'joined' && at > 0) await this.clock.until(this.#join(born));
    }
    if (build === 'drawn') await this.#introduceAll();
  }

  /** From now on nodes do their upkeep, die and come; without churn nothing happens but what is asked. */
  begin(): void {
    const { churn, dead } = this.#plan;
    for (let left = Math.round(dead * this.#plan.nodes); left > 0; left -= 1) this.#kill(this.#anyMortal());
    if (churn === 0) return;
    for (const { node } of this.nodes) node.start();
    this.#scheduleDeath();
  }

  /** Those of the nodes that are nearest to a place. */
  nearest(target: Place, count: number): readonly SimNode[] {
    return [...this.nodes].sort((a, b) => compareDistance(target, a.contact.place, b.contact.place)).slice(0, count);
  }

  /** An honest node that lives. */
  anyHonest(): SimNode {
    for (;;) {
      const found = this.#any();
      if (found.behaviour === undefined) return found;
    }
  }

  /** From now on a node does that. */
  turn(one: SimNode, behaviour: Behaviour): void {
    const turned: SimNode = { ...one, behaviour };
    this.nodes[this.nodes.indexOf(one)] = turned;
    this.#attach(turned);
  }

  stop(): void {
    for (const { node } of this.nodes) node.stop();
  }

  #any(): SimNode {
    const found = this.nodes[Math.floor(this.chance() * this.nodes.length)];
    if (found === undefined) throw new RangeError('no node');
    return found;
  }

  #bear(behaviour: Behaviour | undefined): SimNode {
    const number = this.#born++;
    const identity = IdentityId.ofInception(sha256(Buffer.from(`node ${this.#plan.seed} ${number}`)));
    const address: Address = { host: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`, port: 7000 };
    this.#roster.allow(identity);
    const node = new KadNode({
      identity,
      self: { index: 0, address },
      roster: this.#roster,
      network: this.network.of(identity),
      clock: this.clock,
      chance: this.chance,
    });
    const contact = placeContact({ identity, index: 0, address }, this.#roster);
    if (contact === undefined) throw new TypeError('a node without a place');
    const born = { node, contact, behaviour };
    this.nodes.push(born);
    this.#attach(born);
    return born;
  }

  #attach(one: SimNode): void {
    const { node, contact, behaviour } = one;
    const { identity } = contact;
    if (behaviour === undefined) {
      this.network.attach(contact.address, { identity, handle: (from, request) => node.handle(from, request) });
      return;
    }
    this.#conspiracy.add(contact);
    const handle = (from: IdentityId, request: Parameters<KadNode['handle']>[1]): ReturnType<KadNode['handle']> | undefined =>
      answerOf({ behaviour, all: this.#conspiracy, node }, from, request);
    this.network.attach(contact.address, { identity, handle });
  }

  #join({ node, contact }: SimNode): Promise<number> {
    const others = new Map<string, Address>();
    while (others.size < Math.min(BOOTSTRAP, this.nodes.length - 1)) {
      const { contact: other } = this.#any();
      if (other.name !== contact.name) others.set(other.name, other.address);
    }
    return node.join([...others.values()]);
  }

  async #introduceAll(): Promise<void> {
    const sorted = [...this.nodes].sort((a, b) => Buffer.compare(a.contact.place, b.contact.place));
    const places = sorted.map(({ contact }) => contact.place);
    this.network.isIntroducing = true;
    for (const [own, { node }] of sorted.entries()) {
      const buckets = drawNeighbours(places, own, KAD.bucket, this.chance);
      for (const bucket of buckets) {
        const contacts = bucket.flatMap((at) => sorted[at]?.contact ?? []);
        await Promise.all(contacts.map(({ address }) => node.meet(address)));
        // A bucket in which something was sought is not sought anew at once.
        const target = contacts[0]?.place;
        if (this.#plan.churn > 0 && target !== undefined)
          await node.lookup({ target, request: () => ({ kind: 'find', target }), enough: 1, onAnswer: () => 0 });
      }
    }
    this.network.isIntroducing = false;
  }

  /** One dies and another comes, at times that know nothing of each other. */
  #scheduleDeath(): void {
    const meanMs = 60_000 / (this.#plan.churn * this.#plan.nodes);
    this.clock.after(-Math.log(1 - this.chance()) * meanMs, () => {
      const dying = this.#anyMortal();
      this.#kill(dying);
      const born = this.#bear(dying.behaviour);
      born.node.start();
      void this.#join(born);
      this.#scheduleDeath();
    });
  }

  #anyMortal(): SimNode {
    for (;;) {
      const found = this.#any();
      if (!this.residents.includes(found)) return found;
    }
  }

  #kill(one: SimNode): void {
    const { node, contact } = one;
    this.network.detach(contact.address);
    this.#conspiracy.remove(contact.identity);
    node.stop();
    const last = this.nodes.pop();
    if (last !== undefined && last !== one) this.nodes[this.nodes.indexOf(one)] = last;
  }
}

/** One way. */
const LATENCY = { least: 5, most: 50 };
