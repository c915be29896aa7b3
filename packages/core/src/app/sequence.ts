import { array, integer, ShapeError, type Shape } from '../encoding/shape.ts';

/**
 * Where a statement stands among those of its signer: the key sequence that it was signed under, then a counter.
 * After a rotation the owner is ahead of anything that a thief signed, however high the thief counted.
 */
export type Sequence = readonly [key: number, seq: number];

const numbers = array(integer(0, Number.MAX_SAFE_INTEGER), { min: 2, max: 2 });

export const sequenceShape: Shape<Sequence> = (value, path) => {
  const [key, seq] = numbers(value, path);
  if (key === undefined || seq === undefined) throw new ShapeError(path, 'a pair of a key sequence and a sequence');
  return [key, seq];
};

/** Negative where `a` comes before `b`, 0 where they are equal, positive where it comes after. */
export function compareSequences(a: Sequence, b: Sequence): number {
  return a[0] - b[0] || a[1] - b[1];
}

export function showSequence([key, seq]: Sequence): string {
  return `${key}.${seq}`;
}
