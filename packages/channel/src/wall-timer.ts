import type { Clock } from './clock.ts';

/** The longest wait between two looks at the wall clock. Milliseconds. */
const LOOK_MS = 30_000;

/**
 * Runs once at a time of the wall clock, or when as much time has passed as was left until then, whichever comes first.
 *
 * Timers stand still while a machine sleeps, and know nothing of a clock that was set: so it looks from time to time.
 *
 * @param time milliseconds since 1970
 * @returns a function that calls it off
 */
export function runAt(clock: Clock, time: number, run: () => void): () => void {
  let callOff: () => void = () => undefined;
  const wait = (left: number): void => {
    const next = Math.min(Math.max(left, 0), LOOK_MS);
    callOff = clock.after(next, () => {
      const rest = Math.min(left - next, timeUntil(clock, time));
      if (rest <= 0) run();
      else wait(rest);
    });
  };
  wait(timeUntil(clock, time));
  return () => {
    callOff();
  };
}

function timeUntil(clock: Clock, time: number): number {
  return Math.floor(time - clock.now());
}
