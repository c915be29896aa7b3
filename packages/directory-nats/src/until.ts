import { setTimeout as delay } from 'node:timers/promises';

/** What a promise gives, or the reason of the signal where that ends first. */
export async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([ended.promise, promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Waits so many milliseconds. @throws where the signal ends first */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
