import { systemClock, type Clock } from '@themis-mesh/channel';
import type { KadClock } from '@themis-mesh/directory-kad';

/** The clock of a mesh as a node has it. Spans of a test's clock are measured by what that says. */
export function kadClock(clock: Clock): KadClock {
  return {
    seconds: () => Math.floor(clock.now() / 1000),
    millis: clock === systemClock ? () => performance.now() : () => clock.now(),
    after: (milliseconds, run) => clock.after(milliseconds, run),
  };
}
