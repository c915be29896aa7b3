// A member that serves a directory to light clients, in a process of its own: HOME SERVICE. Lines on its standard input open
// another directory, and set its time; it says what it did, and the forks that it met.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { IdentityId } from '@themis-mesh/core';
import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { createDirectoryHandler, type DirectoryHandler } from '@themis-mesh/directory-http';
import { join } from '@themis-mesh/mesh';

const [home = '', service = ''] = process.argv.slice(2);
const mesh = await join({ service, home, nodes: [] });
let now = 0;
let directory: Directory = openMemoryDirectory();
let handler: DirectoryHandler = createDirectoryHandler(directory);
const server = mesh.createFetchServer((request) => handler(request, request.peer));
server.listen(0);
await once(server, 'listening');
const address = server.address();
console.log(`port ${typeof address === 'object' ? address?.port : ''}`);

for await (const line of createInterface(process.stdin)) {
  const [, what = '', number = '', rest = ''] = /^(\w+) (\d+) ?(.*)$/.exec(line) ?? [];
  if (what === 'now') now = Number(rest);
  if (what === 'open') {
    const { app, maxInstances } = JSON.parse(rest) as { app: string; maxInstances?: number };
    await directory[Symbol.asyncDispose]();
    directory = openMemoryDirectory({
      app: IdentityId.parse(app),
      now: () => now,
      ...(maxInstances === undefined ? {} : { maxInstances }),
      onFork: ({ kind, id, first, other }) => {
        const [a, b] = [first, other].map((bytes) => Buffer.from(bytes).toString('base64url'));
        console.log(`fork ${JSON.stringify({ kind, id, first: a, other: b })}`);
      },
    });
    handler = createDirectoryHandler(directory);
  }
  console.log(`did ${number}`);
}
