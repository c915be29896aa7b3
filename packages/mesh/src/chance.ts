import { randomInt } from 'node:crypto';

const STEPS = 2 ** 32;

/** A random number from 0 to below 1, to spread load and renewals. */
export function randomFraction(): number {
  return randomInt(STEPS) / STEPS;
}

/** The state of xorshift32 (Marsaglia 2003), never 0. */
let state = randomInt(1, STEPS);

/**
 * The same at a hundredth of the cost, for choices that many calls make and nobody gains from foreseeing: which of two
 * instances, how long a pause. Never for a secret.
 */
export function quickFraction(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / STEPS;
}
