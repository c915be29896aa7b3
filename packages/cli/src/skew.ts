import type { Sight } from '@themis-mesh/channel';

/** How far the other clock is ahead, in seconds, where it was told. */
export function skewOf({ answer, answeredAt }: Sight): number | undefined {
  return answer === undefined ? undefined : Math.round((answer.clock - answeredAt) / 1000);
}
