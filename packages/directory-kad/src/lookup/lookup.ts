import { KAD } from '../constants.ts';
import { byDistance, type PlacedContact } from '../contact.ts';
import { compareDistance, type Place } from '../place.ts';
import { nameOfCandidate, type Candidate } from './candidate.ts';

export interface LookupPlan {
  readonly target: Place;
  /** Who is known already; dealt out among the paths, the nearest first. */
  readonly seeds: readonly PlacedContact[];
  /** Whom not to ask: oneself. */
  readonly except?: string | undefined;
  readonly replicas?: number;
  readonly parallel?: number;
  readonly paths?: number;
}

export interface Step {
  readonly contact: PlacedContact;
  readonly path: number;
}

/** The most nodes that one lookup asks, however many it is told of: some four times what 10,000 nodes need. */
const MOST_ASKED = 128;

/** What one answer may tell of. */
const MOST_TOLD = 16;

/**
 * Finds the nodes nearest to a place by asking ever nearer ones, over several paths that share no node: who lies to one path
 * says nothing to the others (Baumgart and Mies 2007, section 4.4). It asks nobody itself: whoever drives it does what
 * {@link Lookup.next} says, and tells it what came of that.
 *
 * It is done when of all that is known the `replicas` nearest have answered, and of each path its own share of the nearest.
 */
export class Lookup {
  readonly #target: Place;
  readonly #replicas: number;
  readonly #parallel: number;
  readonly #paths: number;
  readonly #share: number;
  readonly #except: string | undefined;
  /** All that is known, the nearest first. */
  readonly #candidates: Candidate[] = [];
  readonly #byName = new Map<string, Candidate>();
  #asked = 0;

  constructor({ target, seeds, except, replicas = KAD.replicas, parallel = KAD.parallel, paths = KAD.paths }: LookupPlan) {
    this.#target = target;
    this.#replicas = replicas;
    this.#parallel = parallel;
    this.#paths = Math.max(1, Math.min(paths, seeds.length));
    this.#share = Math.ceil(replicas / this.#paths);
    this.#except = except;
    for (const [at, seed] of [...seeds].sort(byDistance(target)).entries()) this.#add(seed, at % this.#paths);
  }

  /** How many paths there are: fewer than planned where fewer nodes were known. */
  get paths(): number {
    return this.#paths;
  }

  /** How many nodes were asked. */
  get asked(): number {
    return this.#asked;
  }

  get isDone(): boolean {
    if (this.#count('asked') > 0 || this.#nextOf(this.#wanted()) !== undefined) return false;
    return this.#count('late') === 0 || this.#count('answered') >= this.#replicas;
  }

  /**
   * Whom to ask now. They count as asked.
   *
   * @param most how many may be under way, where that is fewer than `parallel`
   */
  next(most: number = this.#parallel): readonly Step[] {
    const steps: Step[] = [];
    for (let free = Math.min(most, this.#parallel) - this.#count('asked'); free > 0; free -= 1) {
      const candidate = this.#nextOf(this.#wanted());
      if (candidate === undefined) break;
      candidate.state = 'asked';
      this.#asked += 1;
      steps.push({ contact: candidate.contact, path: candidate.path });
    }
    return steps;
  }

  /** It has answered, and told of others. */
  answered(contact: PlacedContact, closer: readonly PlacedContact[]): void {
    const candidate = this.#byName.get(nameOfCandidate(contact));
    if (candidate === undefined || candidate.state === 'answered') return;
    candidate.state = 'answered';
    // At another address it is not.
    for (const other of this.#candidates) {
      if (other !== candidate && other.contact.name === contact.name && other.state === 'waiting') other.state = 'failed';
    }
    const bound = this.#bound();
    for (const told of closer.slice(0, MOST_TOLD)) {
      if (bound === undefined || compareDistance(this.#target, told.place, bound) < 0) this.#add(told, candidate.path);
    }
  }

  /** It has not answered, and will not. */
  failed(contact: PlacedContact): void {
    const candidate = this.#byName.get(nameOfCandidate(contact));
    if (candidate !== undefined && candidate.state !== 'answered') candidate.state = 'failed';
  }

  /** It takes its time: another may be asked meanwhile. */
  late(contact: PlacedContact): void {
    const candidate = this.#byName.get(nameOfCandidate(contact));
    if (candidate?.state === 'asked') candidate.state = 'late';
  }

  /** The nearest that have answered, the nearest first: at most `replicas`. */
  closest(): readonly PlacedContact[] {
    const answered = this.#candidates.filter(({ state }) => state === 'answered').map(({ contact }) => contact);
    return answered.slice(0, this.#replicas);
  }

  /**
   * Whether a node is among the nearest of all that are known and may still answer: only those keep what lies there, and what
   * others say of it, which were storers once or wish to be, counts for nothing.
   */
  isNear(name: string): boolean {
    const nearer = new Set<string>();
    for (const { contact, state } of this.#candidates) {
      if (contact.name === name) return true;
      if (state !== 'failed' && state !== 'late') nearer.add(contact.name);
      if (nearer.size >= this.#replicas) return false;
    }
    return false;
  }

  /** Those who did not answer though they are as near as the farthest of {@link closest}. */
  missing(): readonly PlacedContact[] {
    const bound = this.#bound();
    const silent = this.#candidates.filter(({ state }) => state === 'failed' || state === 'late' || state === 'asked');
    const answered = new Set(this.closest().map(({ name }) => name));
    const missed = silent.filter(({ contact: { name, place } }) => {
      return !answered.has(name) && (bound === undefined || compareDistance(this.#target, place, bound) < 0);
    });
    return [...new Map(missed.map(({ contact }) => [contact.name, contact])).values()];
  }

  /** The place of the farthest of the nearest that answered; undefined while they are too few. */
  #bound(): Place | undefined {
    return this.closest()[this.#replicas - 1]?.place;
  }

  #add(contact: PlacedContact, path: number): void {
    const name = nameOfCandidate(contact);
    if (contact.name === this.#except || this.#byName.has(name)) return;
    const candidate: Candidate = { contact, path, state: 'waiting' };
    this.#byName.set(name, candidate);
    const at = this.#candidates.findIndex((other) => compareDistance(this.#target, contact.place, other.contact.place) < 0);
    this.#candidates.splice(at === -1 ? this.#candidates.length : at, 0, candidate);
  }

  /** Who has to be asked before the lookup is done: the nearest of all, and the nearest of each path. */
  #wanted(): readonly Candidate[] {
    if (this.#asked >= MOST_ASKED) return [];
    const wanted: Candidate[] = [];
    const ofPath = new Array<number>(this.#paths).fill(0);
    let ofAll = 0;
    for (const candidate of this.#candidates) {
      if (candidate.state === 'failed' || candidate.state === 'late') continue;
      const mine = ofPath[candidate.path] ?? 0;
      if (candidate.state === 'waiting' && (ofAll < this.#replicas || mine < this.#share)) wanted.push(candidate);
      ofPath[candidate.path] = mine + 1;
      ofAll += 1;
    }
    return wanted;
  }

  /** The nearest of the path that has asked least: so that the first answers come over different paths. */
  #nextOf(wanted: readonly Candidate[]): Candidate | undefined {
    if (wanted.length < 2) return wanted[0];
    const begun = new Array<number>(this.#paths).fill(0);
    for (const { state, path } of this.#candidates) if (state !== 'waiting') begun[path] = (begun[path] ?? 0) + 1;
    return wanted.reduce((best, candidate) => ((begun[candidate.path] ?? 0) < (begun[best.path] ?? 0) ? candidate : best));
  }

  #count(state: Candidate['state']): number {
    let count = 0;
    for (const candidate of this.#candidates) if (candidate.state === state) count += 1;
    return count;
  }
}
