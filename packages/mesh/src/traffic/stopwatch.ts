import { systemClock, type Clock } from '@themis-mesh/channel';

/** A clock that never goes back, in milliseconds and parts of them; of a test's clock, what that says. */
export function stopwatchOf(clock: Clock): () => number {
  return clock === systemClock ? () => performance.now() : () => clock.now();
}
