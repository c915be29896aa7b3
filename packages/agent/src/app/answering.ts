import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlainPlace } from '../http/plain-upstream.ts';
import { connectTo, type AppPlace } from './app-place.ts';

/** How long one try may take. */
const TRY_MS = 2000;

/**
 * Whether an app answers now: to a GET of its health path with a status below 400, or, without such a path, by taking a
 * connection.
 */
export function isAnswering(app: AppPlace, health: string | undefined): Promise<boolean> {
  return app.find((place) => (health === undefined ? takesConnection(place) : isHealthy(place, health)));
}

/**
 * Waits until an app answers: asks often at first, then each half second.
 *
 * @param signal ends the waiting
 * @returns false where it was ended
 */
export async function waitUntilAnswering(app: AppPlace, health: string | undefined, signal: AbortSignal): Promise<boolean> {
  for (let pause = 20; !signal.aborted; pause = Math.min(pause * 2, 500)) {
    if (await isAnswering(app, health)) return true;
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

async function takesConnection(place: PlainPlace): Promise<boolean> {
  try {
    const socket = await connectTo(place, AbortSignal.timeout(TRY_MS));
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}

function isHealthy(place: PlainPlace, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ ...place, path, agent: false, signal: AbortSignal.timeout(TRY_MS), headers: { host: 'localhost' } });
    asking.once('response', (answer) => {
      answer.destroy();
      resolve((answer.statusCode ?? 500) < 400);
    });
    asking.on('error', () => {
      resolve(false);
    });
    asking.end();
  });
}
