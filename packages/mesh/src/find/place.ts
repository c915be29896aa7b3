import { Breaker, DEFAULT_OUTLIERS, type OutlierRules, type Outcome } from '../traffic/breaker.ts';
import { PeakEwma } from '../traffic/peak-ewma.ts';
import { DEFAULT_WEIGHT, type Target } from './target.ts';

/** What is known of one target from the calls that went there. */
export class Place {
  readonly latency: PeakEwma = new PeakEwma();
  readonly breaker: Breaker = new Breaker();
  /** As it was found last. */
  target: Target;
  /** All that it is one of, itself included. */
  siblings: readonly Place[] = [];
  underWay = 0;
  /** When it was among what could be picked. Milliseconds. */
  seenAt = 0;
  #rules: OutlierRules = DEFAULT_OUTLIERS;

  constructor(target: Target) {
    this.target = target;
  }

  set rules(rules: OutlierRules) {
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.breaker.rules = rules;
  }

  /** What one request more would cost here, if its latency were this. */
  load(cost: number): number {
    const { weight } = this.target;
    return cost * (1 + (weight === DEFAULT_WEIGHT ? this.underWay : (this.underWay * DEFAULT_WEIGHT) / weight));
  }

  /** Whether one more of its siblings may be passed over for its answers. */
  readonly mayEject = (): boolean => {
    const { siblings } = this;
    const out = siblings.filter(({ breaker }) => breaker.state.is !== 'in').length;
    return (out + 1) * 100 <= this.#rules.maxEjectedPercent * siblings.length;
  };
}

/** One request on its way to a target and back. */
export class Passage {
  readonly #place: Place;
  readonly #epoch: number;
  readonly #begunAt: number;
  readonly #now: () => number;
  readonly #chance: () => number;
  #isOver = false;

  constructor(place: Place, now: () => number, chance: () => number) {
    this.#place = place;
    this.#now = now;
    this.#chance = chance;
    this.#begunAt = now();
    this.#epoch = place.breaker.begin(this.#begunAt);
    place.underWay += 1;
  }

  /** The head of the answer is here, or it is known that there will be none. To be called once. */
  end(outcome: Outcome): void {
    const now = this.#now();
    const { latency, breaker, mayEject } = this.#place;
    const took = now - this.#begunAt;
    // Failing is often faster than working, and must attract nobody; but whoever is slow to fail is slow.
    if (outcome === 'well' || ((outcome === 'failed' || outcome === 'none') && latency.isMeasured && took > latency.cost(now))) {
      latency.observe(took, now);
    }
    breaker.end(outcome, this.#epoch, now, outcome === 'well' ? 0 : this.#chance(), mayEject);
  }

  /** Nothing of it is under way any more. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#place.underWay -= 1;
  }
}
