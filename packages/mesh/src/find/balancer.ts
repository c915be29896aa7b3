import { DEFAULT_OUTLIERS, type OutlierRules } from '../traffic/breaker.ts';
import { Passage, Place } from './place.ts';
import { DEFAULT_WEIGHT, type Target } from './target.ts';

export { makeTarget, type Target } from './target.ts';

export interface BalancerOptions {
  /** Random, 0 to below 1. */
  readonly chance: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Where this process is. */
  readonly zone?: string | undefined;
}

/** How targets are drawn. */
export interface Draw {
  /** Keys of targets that are out of the question. */
  readonly tried?: ReadonlySet<string> | undefined;
  /** Whether those of our own zone come first. Default true. */
  readonly prefersZone?: boolean;
}

/** A zone that has lost less than this of its instances still takes all of its callers. */
const ENOUGH_OF_A_ZONE = 0.7;

/** A request goes to another zone where that costs less than a quarter. */
const SPILL_FACTOR = 4;

/** How long what is known of a target is kept after it was seen last, once there are many. Milliseconds. */
const KEPT_MS = 600_000;
const MANY = 512;

/** One list of targets, prepared for drawing. */
interface Group {
  readonly all: readonly Place[];
  /** Those of our own zone where there are others beside; else all. */
  readonly near: Pool;
  readonly far: Pool | undefined;
}

interface Pool {
  readonly places: readonly Place[];
  /** Sums of their weights up to each; undefined where all are alike. */
  readonly sums: readonly number[] | undefined;
}

/** Knows how each target does, and picks the one that a request is likely to be answered by soonest. */
export class Balancer {
  readonly #options: BalancerOptions;
  readonly #places = new Map<string, Place>();
  /** By the list itself: it is the same one for as long as nobody new is known. */
  readonly #groups = new WeakMap<readonly Target[], Group>();

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  /**
   * Power of two choices on peak EWMA: of two targets drawn at random, the one where latency times what is under way is less.
   * Those that could not be reached lately, or whose answers were bad, are drawn only where there is nothing else.
   *
   * @returns undefined where no target is left
   */
  pick(targets: readonly Target[], { tried, prefersZone = true }: Draw = {}): Target | undefined {
    const isFree = tried === undefined || tried.size === 0;
    if (isFree && targets.length <= 1) return targets[0];
    const group = this.#groupOf(targets);
    const now = this.#options.now();
    const place =
      (isFree ? this.#pickAtOnce(group, prefersZone, now) : undefined) ?? this.#search(group, tried, prefersZone, now);
    return place?.target;
  }

  /** Something goes to a target. It counts as under way until it is over. */
  begin(target: Target, rules: OutlierRules = DEFAULT_OUTLIERS): Passage {
    const { now, chance } = this.#options;
    const place = this.#placeOf(target);
    place.rules = rules;
    return new Passage(place, now, chance);
  }

  /** Passes over a target for a while. */
  avoid(target: Target, milliseconds: number): void {
    this.#placeOf(target).breaker.avoid(milliseconds, this.#options.now());
  }

  /** The usual case, that allocates nothing: whoever is drawn is well. @returns undefined for any other case */
  #pickAtOnce({ near, far }: Group, prefersZone: boolean, now: number): Place | undefined {
    if (far !== undefined && !prefersZone) return undefined;
    const first = this.#draw(near);
    const second = near.places.length === 1 ? first : this.#drawOther(near, first);
    if (first?.breaker.takes(now) !== true || second?.breaker.takes(now) !== true) return undefined;
    const best = lighter(first, second, now);
    const other = far === undefined ? undefined : this.#draw(far);
    return other?.breaker.takes(now) === true && spills(best, other, now) ? other : best;
  }

  /** Looks at all of them. */
  #search({ all, near, far }: Group, tried: Draw['tried'], prefersZone: boolean, now: number): Place | undefined {
    const left = all.filter(({ target }) => tried?.has(target.key) !== true);
    const well = left.filter(({ breaker }) => breaker.takes(now));
    const choices = well.length > 0 ? well : left;
    if (far === undefined || !prefersZone) return this.#pickFrom(choices, now);
    const isNear = new Set(near.places);
    const nearby = choices.filter((place) => isNear.has(place));
    const rest = choices.filter((place) => !isNear.has(place));
    // A zone that has lost many takes only so much: its last instance is not to be crushed.
    const share = nearby.length / (near.places.length * ENOUGH_OF_A_ZONE);
    const staysNear = rest.length === 0 || (nearby.length > 0 && (share >= 1 || this.#options.chance() < share));
    return this.#pickFrom(staysNear ? nearby : rest, now);
  }

  #pickFrom(places: readonly Place[], now: number): Place | undefined {
    const pool = poolOf(places);
    const first = this.#draw(pool);
    if (first === undefined || places.length === 1) return first;
    return lighter(first, this.#drawOther(pool, first) ?? first, now);
  }

  #draw({ places, sums }: Pool): Place | undefined {
    const chance = this.#options.chance();
    if (sums === undefined) return places[Math.floor(chance * places.length)];
    const at = chance * (sums.at(-1) ?? 0);
    return places[sums.findIndex((sum) => at < sum)];
  }

  /** Another than the first; where weights are unlike, the same again as often as its weight says. */
  #drawOther(pool: Pool, first: Place | undefined): Place | undefined {
    if (pool.sums !== undefined) return this.#draw(pool);
    const { places } = pool;
    const index = Math.floor(this.#options.chance() * (places.length - 1));
    return places[index] === first ? places[places.length - 1] : places[index];
  }

  #groupOf(targets: readonly Target[]): Group {
    const known = this.#groups.get(targets);
    if (known !== undefined) return known;
    const all = targets.map((target) => this.#placeOf(target));
    const now = this.#options.now();
    for (const place of all) {
      place.siblings = all;
      place.seenAt = now;
    }
    const { zone } = this.#options;
    const near = zone === undefined ? all : all.filter(({ target }) => target.zone === zone);
    const isDivided = near.length > 0 && near.length < all.length;
    const far = isDivided ? poolOf(all.filter(({ target }) => target.zone !== zone)) : undefined;
    const group: Group = { all, near: poolOf(isDivided ? near : all), far };
    this.#groups.set(targets, group);
    if (this.#places.size > MANY) this.#forget(now);
    return group;
  }

  #placeOf(target: Target): Place {
    let place = this.#places.get(target.key);
    if (place === undefined) {
      place = new Place(target);
      this.#places.set(target.key, place);
    }
    place.target = target;
    return place;
  }

  #forget(now: number): void {
    for (const [key, { seenAt, underWay }] of this.#places) {
      if (underWay === 0 && now - seenAt > KEPT_MS) this.#places.delete(key);
    }
  }
}

/** Where neither is, the first: it was drawn at random. */
function lighter(a: Place, b: Place, now: number): Place {
  const [costOfA, costOfB] = costsOf(a, b, now);
  return b.load(costOfB) < a.load(costOfA) ? b : a;
}

function spills(near: Place, far: Place, now: number): boolean {
  if (near.underWay === 0) return false;
  const [costNear, costFar] = costsOf(near, far, now);
  return near.load(costNear) > SPILL_FACTOR * far.load(costFar);
}

/** One that was never measured counts as fast as the other. */
function costsOf(a: Place, b: Place, now: number): readonly [number, number] {
  if (!a.latency.isMeasured && !b.latency.isMeasured) return UNMEASURED;
  const costOfA = a.latency.isMeasured ? a.latency.cost(now) : b.latency.cost(now);
  return [costOfA, b.latency.isMeasured ? b.latency.cost(now) : costOfA];
}

const UNMEASURED = [1, 1] as const;

function poolOf(places: readonly Place[]): Pool {
  if (places.every(({ target }) => target.weight === DEFAULT_WEIGHT)) return { places, sums: undefined };
  let sum = 0;
  return { places, sums: places.map(({ target }) => (sum += target.weight)) };
}
