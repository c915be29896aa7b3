import type { Place } from '@themis-mesh/directory-kad';

/**
 * Whom each node would know in a network that has run for long: of those at each distance as many as a bucket holds, drawn.
 *
 * @param places sorted, the lowest first
 * @returns for a place the positions of whom it knows, those at each distance together
 */
export function drawNeighbours(
  places: readonly Place[],
  own: number,
  bucket: number,
  chance: () => number,
): readonly (readonly number[])[] {
  const buckets: (readonly number[])[] = [];
  let [low, high] = [0, places.length];
  for (let bit = 0; high - low > 1; bit += 1) {
    const middle = firstWith(places, bit, low, high);
    const [otherLow, otherHigh] = own < middle ? [middle, high] : [low, middle];
    buckets.push(draw(otherLow, otherHigh, bucket, chance));
    [low, high] = own < middle ? [low, middle] : [middle, high];
  }
  return buckets;
}

/** The first of a range of sorted places, which share all bits before it, that has a bit. */
function firstWith(places: readonly Place[], bit: number, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    const byte = places[middle]?.[bit >> 3] ?? 0;
    if ((byte & (0x80 >> (bit & 7))) === 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function draw(low: number, high: number, count: number, chance: () => number): readonly number[] {
  if (high - low <= count) return Array.from({ length: high - low }, (_, at) => low + at);
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(low + Math.floor(chance() * (high - low)));
  return [...drawn];
}
