import type { ManualClock } from './manual-clock.ts';

interface Renewing {
  readonly events: { on(name: 'renewed', listener: () => void): unknown };
}

/**
 * Time that passes with calls instead of by itself, so that no machine is too slow for leaves of a short life: a hundredth of a
 * second with each, and none while a leaf is due that was not replaced yet.
 *
 * @param leafSeconds how long the leaves of the instances live
 * @returns what is run after each call
 */
export function timeByCalls(clock: ManualClock, leafSeconds: number, instances: readonly Renewing[]): () => void {
  const renewedAt = instances.map(() => clock.now());
  for (const [index, { events }] of instances.entries()) events.on('renewed', () => (renewedAt[index] = clock.now()));
  // Leaves are replaced between four and six tenths of their life.
  const latest = leafSeconds * 650;
  return () => {
    if (clock.now() - Math.min(...renewedAt) < latest) clock.advance(10);
  };
}
