import type { IdentityId, InstanceName, Endpoint } from '@themis-mesh/core';

/** One instance that can be dialled. */
export interface Target {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly endpoint: Endpoint;
  /** Names it among all: two targets with one key are the same place. */
  readonly key: string;
  /** Whether it takes tunnels. */
  readonly hasTunnel: boolean;
}

export function makeTarget(id: IdentityId, instance: InstanceName, endpoint: Endpoint): Target {
  const key = `${id}/${instance}@${endpoint.host}:${endpoint.port}`;
  return { id, instance, endpoint, key, hasTunnel: endpoint.alpn.includes('themis/1') };
}

const NONE: ReadonlySet<string> = new Set();

/** How much is under way to each target, and how long one is passed over that could not be reached. */
export class Balancer {
  readonly #underWay = new Map<string, number>();
  readonly #avoidedUntil = new Map<string, number>();
  readonly #chance: () => number;
  readonly #now: () => number;

  /** @param chance random, 0 to 1. @param now milliseconds */
  constructor(chance: () => number, now: () => number) {
    this.#chance = chance;
    this.#now = now;
  }

  /**
   * Power of two choices: of two targets drawn at random, the one with less under way. Those that could not be reached
   * lately are drawn only where there is nothing else.
   *
   * @param tried keys of targets that are out of the question
   * @returns undefined where no target is left
   */
  pick(targets: readonly Target[], tried: ReadonlySet<string> = NONE): Target | undefined {
    if (targets.length === 1 && tried.size === 0) return targets[0];
    const left = targets.filter((target) => !tried.has(target.key));
    const well = left.filter((target) => (this.#avoidedUntil.get(target.key) ?? 0) <= this.#now());
    const choices = well.length > 0 ? well : left;
    if (choices.length <= 1) return choices[0];
    const first = Math.floor(this.#chance() * choices.length);
    const second = (first + 1 + Math.floor(this.#chance() * (choices.length - 1))) % choices.length;
    return this.#lighter(choices[first], choices[second]);
  }

  /** Counts something as under way. @returns a function to call once when it is over */
  begin(target: Target): () => void {
    const key = target.key;
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#underWay.get(key) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, left);
    };
  }

  /** Passes over a target for a while. @param milliseconds how long */
  avoid(target: Target, milliseconds: number): void {
    const now = this.#now();
    for (const [key, until] of this.#avoidedUntil) if (until <= now) this.#avoidedUntil.delete(key);
    this.#avoidedUntil.set(target.key, now + milliseconds);
  }

  #lighter(a: Target | undefined, b: Target | undefined): Target | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    return (this.#underWay.get(b.key) ?? 0) < (this.#underWay.get(a.key) ?? 0) ? b : a;
  }
}
