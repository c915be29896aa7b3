import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes outside of the heap of JavaScript and in it, when nothing is left to be collected. */
export function memory(): number {
  setFlagsFromString('--expose-gc');
  // What V8 puts into a new context then; its types do not know it.
  const collect = runInNewContext('gc') as () => void;
  // Memory outside the heap goes with the objects of the first time.
  for (let time = 0; time < 3; time += 1) collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
