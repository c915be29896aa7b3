// Remembers the histories in files, one after the other, in the folder of another process.
import { readFile } from 'node:fs/promises';
import { readHistory } from '@themis-mesh/core';
import { StoredHistories } from '@themis-mesh/storage';

const [folder = '', alarms = '', ...files] = process.argv.slice(2);
await using seen = await StoredHistories.open(folder, { alarms });
for (const file of files) {
  const history = readHistory(await readFile(file));
  if (!history.ok) throw new Error(history.refusal.code);
  const kept = await seen.keep(history.value);
  console.log(kept.ok ? kept.value.seq : kept.refusal.code);
}
