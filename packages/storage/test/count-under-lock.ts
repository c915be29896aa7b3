// Adds one to the number in a file, under its lock, `times` times; says each number that it wrote.
import { readFile } from 'node:fs/promises';
import { withLock, writeAtomically } from '@themis-mesh/storage';

const [path = '', times = ''] = process.argv.slice(2);
for (let round = 0; round < Number(times); round += 1) {
  await withLock(path, async () => {
    const next = Number(await readFile(path, 'utf8')) + 1;
    await writeAtomically(path, Buffer.from(String(next)));
    console.log(next);
  });
}
