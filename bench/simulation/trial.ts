import { KAD, KadDirectory, placeOfRecord } from '@themis-mesh/directory-kad';
import type { Directory, FindAnswer } from '@themis-mesh/directory';
import { percentileOf } from '../../scripts/measure/index.ts';
import { BEGIN_SECONDS } from './event-clock.ts';
import type { Behaviour } from './hostile.ts';
import { nameOfFind } from './sim-network.ts';
import { signValues, versionOf, type SignedValue } from './signed-values.ts';
import { Trace } from './trace.ts';
import { World, type SimNode, type WorldPlan } from './world.ts';

export interface TrialPlan extends Omit<WorldPlan, 'values'> {
  readonly finds: number;
  /** How many storers have to agree before a find ends. */
  readonly agree: number;
  readonly values: number;
  /** How long finds and stores go on, in virtual seconds. */
  readonly seconds: number;
  /** Of the 8 nodes nearest to each value, so many are made hostile, besides those that are. */
  readonly hostileStorers?: { readonly count: number; readonly behaviour: Behaviour };
}

/** What came of one trial. */
export interface Figures {
  readonly finds: number;
  /** Finds that gave the newest that was stored. */
  readonly fresh: number;
  /** Finds that gave an older one and said so, and the mean of the ages that they said, in seconds. */
  readonly stale: number;
  readonly age: number;
  readonly unavailable: number;
  /** Finds that gave an older one as if it were the newest. */
  readonly older: number;
  /** Finds that denied what is there. */
  readonly denied: number;
  readonly stores: number;
  readonly stored: number;
  readonly hops: number;
  readonly hopsP99: number;
  readonly requests: number;
  readonly requestsP99: number;
  /** Virtual milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Requests of all kinds, a node and second. */
  readonly load: number;
}

/** One network, in which values are stored again and again while they are sought. */
export async function runTrial(plan: TrialPlan): Promise<Figures> {
  const { seed, values: count, finds, seconds } = plan;
  const versions = 2 + Math.ceil((UPDATES_A_MINUTE * seconds) / 60);
  const values = await signValues({ seed, count, versions, now: BEGIN_SECONDS });
  const world = new World({ ...plan, values });
  const stackTraceLimit = Error.stackTraceLimit;
  // Each time-out makes an error, whose stack nobody reads.
  Error.stackTraceLimit = 0;
  try {
    await world.build();
    const trial = new Trial(world, values, plan);
    await trial.storeFirst();
    world.begin();
    const sent = world.network.sent;
    await trial.run(finds, seconds);
    return trial.figures((world.network.sent - sent) / (plan.nodes * seconds));
  } finally {
    world.stop();
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Of each value. */
const UPDATES_A_MINUTE = 2;

class Trial {
  readonly #world: World;
  readonly #values: readonly SignedValue[];
  readonly #plan: TrialPlan;
  readonly #readers: readonly Directory[];
  readonly #writers: readonly Directory[];
  /** Of each value the version that was stored last. */
  readonly #newest: number[];
  readonly #next: number[];
  readonly #counts = { fresh: 0, stale: 0, unavailable: 0, older: 0, denied: 0, stores: 0, stored: 0 };
  readonly #ages: number[] = [];
  readonly #hops: number[] = [];
  readonly #requests: number[] = [];
  readonly #times: number[] = [];

  constructor(world: World, values: readonly SignedValue[], plan: TrialPlan) {
    this.#world = world;
    this.#values = values;
    this.#plan = plan;
    this.#readers = world.residents.map(({ node }) => new KadDirectory({ node, agree: plan.agree }));
    this.#writers = world.residents.map(({ node }) => new KadDirectory({ node }));
    this.#newest = values.map(() => 0);
    this.#next = values.map(() => 1);
  }

  /** Stores the histories and two versions of each value: the older is what liars give. */
  async storeFirst(): Promise<void> {
    const { hostileStorers } = this.#plan;
    const { clock } = this.#world;
    const first = this.#values.map(async (value, at) => {
      if (hostileStorers !== undefined) this.#turnStorers(value, hostileStorers);
      await this.#writerOf(at).store(value.history);
      await this.#store(at);
      await this.#store(at);
    });
    await clock.until(Promise.all(first));
    this.#counts.stores = 0;
    this.#counts.stored = 0;
  }

  async run(finds: number, seconds: number): Promise<void> {
    const { clock, chance } = this.#world;
    const all: Promise<void>[] = [];
    const spanMs = seconds * 1000;
    for (let at = 0; at < finds; at += 1) {
      clock.after((at * spanMs) / finds, () => void all.push(this.#find(at)));
    }
    const updates = Math.max(1, Math.floor((UPDATES_A_MINUTE * seconds) / 60));
    for (const at of this.#values.keys()) {
      for (let turn = 0; turn < updates; turn += 1) {
        clock.after(((turn + chance()) * spanMs) / updates, () => void all.push(this.#store(at)));
      }
    }
    await clock.pass(spanMs);
    await clock.until(Promise.all(all));
  }

  figures(load: number): Figures {
    const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
    const at = (values: readonly number[], percent: number): number => percentileOf(sorted(values), percent);
    return {
      ...this.#counts,
      finds: this.#times.length,
      age: meanOf(this.#ages),
      hops: meanOf(this.#hops),
      hopsP99: at(this.#hops, 99),
      requests: meanOf(this.#requests),
      requestsP99: at(this.#requests, 99),
      p50: at(this.#times, 50),
      p99: at(this.#times, 99),
      load,
    };
  }

  #turnStorers({ key }: SignedValue, { count, behaviour }: { readonly count: number; readonly behaviour: Behaviour }): void {
    const storers = this.#world.nearest(placeOfRecord(key), STORERS).filter((one) => !this.#world.residents.includes(one));
    const already = storers.filter((one) => one.behaviour !== undefined).length;
    const honest = storers.filter((one) => one.behaviour === undefined);
    for (const one of honest.slice(0, Math.max(0, count - already))) this.#world.turn(one, behaviour);
  }

  async #store(at: number): Promise<void> {
    const version = this.#next[at] ?? 1;
    const record = this.#values[at]?.versions[version - 1];
    if (record === undefined) return;
    this.#next[at] = version + 1;
    this.#counts.stores += 1;
    const { outcome } = await this.#writerOf(at).store(record);
    if (outcome !== 'stored' && outcome !== 'unchanged') return;
    this.#counts.stored += 1;
    this.#newest[at] = Math.max(version, this.#newest[at] ?? 0);
  }

  #writerOf(at: number): Directory {
    return this.#writers[at % this.#writers.length] ?? missing();
  }

  /** Every other find is of somebody who has never read anything; the others by those who have. */
  async #find(turn: number): Promise<void> {
    const { clock, chance, residents, network } = this.#world;
    const at = Math.floor(chance() * this.#values.length);
    const value = this.#values[at] ?? missing();
    const resident = (at + 1) % residents.length;
    const isFirst = turn % 2 === 0;
    const { node, contact }: SimNode = isFirst ? this.#world.anyHonest() : (residents[resident] ?? missing());
    const directory = isFirst ? new KadDirectory({ node, agree: this.#plan.agree }) : (this.#readers[resident] ?? missing());
    const wanted = this.#newest[at] ?? 0;
    const begun = clock.millis();
    const name = nameOfFind(contact.identity, value.key.id);
    const trace = isFirst && !network.traces.has(name) ? new Trace() : undefined;
    if (trace !== undefined) network.traces.set(name, trace);
    const answer = await directory.find(value.key);
    if (trace !== undefined) network.traces.delete(name);
    this.#times.push(clock.millis() - begun);
    this.#count(answer, value, wanted);
    if (trace === undefined) return;
    this.#hops.push(trace.hops);
    this.#requests.push(trace.requests);
  }

  #count(answer: FindAnswer, value: SignedValue, wanted: number): void {
    const counts = this.#counts;
    switch (answer.outcome) {
      case 'not-found':
        counts.denied += 1;
        return;
      case 'unavailable':
        counts.unavailable += 1;
        return;
      case 'found':
        if (versionOf(value, answer.record) >= wanted) counts.fresh += 1;
        else if (answer.age === 0) counts.older += 1;
        else {
          counts.stale += 1;
          this.#ages.push(answer.age);
        }
    }
  }
}

/** How many nodes keep a value. */
const STORERS: number = KAD.replicas;

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function missing(): never {
  throw new RangeError('not there');
}
