import type { Readable } from 'node:stream';

/** Tells the source of a body that nobody reads it any more. */
export function discardBody(body: Readable): void {
  if (body.readableEnded || body.destroyed) return;
  body.on('error', () => undefined);
  body.destroy();
}
