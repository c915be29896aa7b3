import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { reset } from './reset.ts';

/**
 * Carries the bytes of two streams to each other at the pace of the slower side. The end of one direction is passed on while
 * the other goes on; a stream that breaks off breaks the other off too, and not as if it had ended.
 *
 * @returns resolves when both are closed
 */
export function splice(a: Duplex, b: Duplex): Promise<void> {
  return Promise.all([carry(a, b), carry(b, a)]).then(() => undefined);
}

function carry(from: Duplex, to: Duplex): Promise<void> {
  const closed = Promise.withResolvers<undefined>();
  // Must be set before the end is seen (Node, duplex.allowHalfOpen).
  from.allowHalfOpen = true;
  from.on('error', () => undefined);
  from.once('close', () => {
    if (!from.readableEnded || !from.writableFinished) breakOff(to);
    closed.resolve(undefined);
  });
  if (from.destroyed) {
    breakOff(to);
    closed.resolve(undefined);
  } else {
    from.pipe(to);
  }
  return closed.promise;
}

/** A plain socket is reset, so that its other end cannot take what it has for the whole. */
function breakOff(stream: Duplex): void {
  if (stream instanceof Socket && !(stream instanceof TLSSocket)) reset(stream);
  else stream.destroy();
}
