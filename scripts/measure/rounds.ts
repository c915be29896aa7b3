export interface RoundPlan {
  readonly rounds: number;
  /** Rounds before them whose results are thrown away. 1 by default. */
  readonly warmUp?: number;
}

/**
 * Measures variants in turn, so that a machine that slows down or speeds up does it to all of them. The order
 * changes from round to round, because what runs first after another variant inherits its garbage and its caches.
 *
 * @returns the results of each variant, one a round, in the order of the rounds.
 */
export async function interleave<Name extends string, Result>(
  variants: Readonly<Record<Name, () => Result | Promise<Result>>>,
  { rounds, warmUp = 1 }: RoundPlan,
): Promise<Readonly<Record<Name, readonly Result[]>>> {
  const names = Object.keys(variants) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of orderOf(names, round + warmUp)) {
      const result = await variants[name]();
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

/** Rotated by one each round, and backwards every other round. */
function orderOf<Name>(names: readonly Name[], round: number): readonly Name[] {
  const start = round % names.length;
  const rotated = [...names.slice(start), ...names.slice(0, start)];
  return Math.floor(round / names.length) % 2 === 0 ? rotated : rotated.reverse();
}
