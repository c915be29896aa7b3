// Holds the lock of a file until its standard input says to let go.
import { once } from 'node:events';
import { withLock } from '@themis-mesh/storage';

await withLock(process.argv[2] ?? '', async () => {
  console.log('held');
  await once(process.stdin, 'data');
});
console.log('released');
process.stdin.destroy();
