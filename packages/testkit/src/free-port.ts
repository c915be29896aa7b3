import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems hand out by themselves (Linux from 32768 on), so that nobody is given the port in the meantime. */
const [FIRST, COUNT] = [18_000, 14_000];
/** So many are this process's, before it takes those of others. */
const OWN = 40;

let taken = 0;

/** A port of loopback on which nothing listens, for programs that cannot be told to take any. The same one is not given twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + ((process.pid * OWN + taken) % COUNT);
    taken += 1;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  // Every address: also a server that listens on all of them is in the way.
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
