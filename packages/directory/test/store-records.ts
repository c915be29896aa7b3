// Stores records, one file each, in the directory of another process, as fast as it can; says each answer.
import { readFile } from 'node:fs/promises';
import { IdentityId } from '@themis-mesh/core';
import { openFileDirectory } from '@themis-mesh/directory';
import { parseRecord } from './record-file.ts';

const [folder = '', alarms = '', app = '', ...files] = process.argv.slice(2);
const id = IdentityId.parse(app);
if (id === undefined) throw new TypeError(app);
await using directory = openFileDirectory({ folder, alarms, app: id });
for (const [index, file] of files.entries()) {
  const answer = await directory.store(parseRecord(await readFile(file, 'utf8')));
  console.log(`${index} ${answer.outcome}`);
}
