import { setTimeout as delay } from 'node:timers/promises';
import type { Sighting } from './sighting.ts';

type Test = (sighting: Sighting) => boolean;

/** All that was seen of the shop's processes, in the order of its coming. */
export class Sightings {
  readonly #all: Sighting[] = [];
  readonly #hopes = new Set<() => void>();

  add(sighting: Sighting): void {
    this.#all.push(sighting);
    for (const look of this.#hopes) look();
  }

  /** @param service undefined for all */
  of(event: string, service?: string, test: Test = () => true): readonly Sighting[] {
    return this.#all.filter((seen) => seen.event === event && (service ?? seen.service) === seen.service && test(seen));
  }

  /** The first that was or will be seen. @returns undefined where none is within the time */
  async first(event: string, service: string, test: Test = () => true, milliseconds = 5000): Promise<Sighting | undefined> {
    const giveUp = new AbortController();
    const found = Promise.withResolvers<Sighting | undefined>();
    const look = (): void => {
      const [seen] = this.of(event, service, test);
      if (seen !== undefined) found.resolve(seen);
    };
    this.#hopes.add(look);
    look();
    try {
      return await Promise.race([found.promise, delay(milliseconds, undefined, { signal: giveUp.signal })]);
    } finally {
      this.#hopes.delete(look);
      giveUp.abort();
    }
  }
}
