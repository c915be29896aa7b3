import { spawnSync } from 'node:child_process';

// Prints why network namespaces cannot be made here, and nothing where they can.
const name = `themis-try-${process.pid}`;
const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
spawnSync('ip', ['netns', 'delete', name]);
if (made.status !== 0) console.log(`network namespaces cannot be made: ${made.stderr.trim().slice(0, 200)}`);
