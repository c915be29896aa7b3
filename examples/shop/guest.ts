// A member that somebody may want to get rid of: it listens to the feed of orders, enters lines into the ledger, looks at the
// catalog, and comes back when it is sent away.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from '@themis-mesh/channel';
import { join } from '@themis-mesh/mesh';
import { LEAF_SECONDS } from './leaf-seconds.ts';
import { tell, tellEvents } from './tell.ts';

const RETRY_MS = 250;
const SHORT_MS = 20;
const ENTRY_MS = 25;
const LOOK_MS = 200;
const RECENT = 50;

const mesh = await join({ service: 'guest', leafSeconds: LEAF_SECONDS });
tellEvents(mesh);
const stopped = new AbortController();
process.once('SIGTERM', () => {
  stopped.abort();
  void mesh.close();
});

await Promise.all([stay('orders', listen), stay('ledger', enter), look()]);

/** Keeps a connection open across rotations: the next one is opened when the one before begins to drain. */
async function stay(service: string, use: (channel: Channel) => void): Promise<void> {
  while (!stopped.signal.aborted) {
    try {
      const channel = await mesh.dial(service, { signal: stopped.signal });
      const from = `${channel.socket.localAddress}:${channel.socket.localPort}`;
      tell('connected', { service, from });
      channel.socket.once('close', () => {
        tell('closed', { service, from });
      });
      use(channel);
      await lasting(channel);
      await delay(SHORT_MS);
    } catch (error) {
      tellTurnedAway(service, error);
      await delay(RETRY_MS);
    }
  }
}

/** Resolves when a channel is to be replaced: before its end, or at it. */
function lasting(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.onState(() => {
      resolve();
    });
  });
}

/** Says of what moment the last lines of the feed were, once no more can come. */
function listen({ socket }: Channel): void {
  const stamps: number[] = [];
  createInterface({ input: socket })
    .on('line', (line) => {
      stamps.push((JSON.parse(line) as { readonly at: number }).at);
    })
    .on('error', () => socket.destroy())
    .once('close', () => {
      tell('listened', { lines: stamps.length, recent: stamps.slice(-RECENT) });
    });
}

/** Enters a line again and again. */
function enter({ socket }: Channel): void {
  socket.resume();
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.writable) socket.write(`put guest ${(sent += 1)} a line of the guest\n`);
  }, ENTRY_MS);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

/** Calls over HTTP, on connections that are kept. */
async function look(): Promise<void> {
  while (!stopped.signal.aborted) {
    try {
      const response = await mesh.fetch('https://catalog/products/1.json');
      await response.arrayBuffer();
    } catch (error) {
      tellTurnedAway('catalog', error);
    }
    await delay(LOOK_MS);
  }
}

function tellTurnedAway(service: string, error: unknown): void {
  if (stopped.signal.aborted) return;
  const { code, refusal } = error as { code?: string; refusal?: { code: string } };
  tell('turned-away', { service, error: code ?? String(error), refusal: refusal?.code });
}
