import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ECHO_BODY } from './echo.ts';

/** What came back on a connection, and whether its other side had to be told that nothing more comes. */
export interface Landed {
  readonly text: string;
  readonly hasWaited: boolean;
}

/**
 * Sends bytes in pieces, and reads until the other side ends.
 *
 * @param first is sent, and answered, before the rest
 * @param patience for how long nothing may come, in ms
 */
export async function fly(
  socket: Duplex,
  { first, pieces }: { readonly first: string; readonly pieces: readonly Buffer[] },
  patience: number,
): Promise<Landed> {
  const chunks: Buffer[] = [];
  let hasWaited = false;
  const waiting = setTimeout(() => {
    // Who ends its side is not answered: what is under way is given up.
    if (hasWaited) socket.destroy();
    hasWaited = true;
    socket.end();
    waiting.refresh();
  }, patience);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    waiting.refresh();
  });
  socket.on('error', () => undefined);
  const over = new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
  if (first !== '') {
    socket.write(first, 'latin1');
    await Promise.race([over, untilEchoed(socket)]);
  }
  for (const piece of pieces) {
    socket.write(piece);
    await setImmediate();
  }
  await over;
  clearTimeout(waiting);
  socket.destroy();
  return { text: Buffer.concat(chunks).toString('latin1'), hasWaited };
}

/** Until the body of an answer has come: see {@link startEcho}. */
function untilEchoed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const onData = (bytes: Buffer): void => {
      if (!bytes.toString('latin1').endsWith(ECHO_BODY)) return;
      socket.off('data', onData);
      resolve();
    };
    socket.on('data', onData);
  });
}

/** Cuts bytes at places that chance gives. @param chance from 0 up to 1 */
export function inPieces(bytes: Buffer, count: number, chance: () => number): readonly Buffer[] {
  const cuts = Array.from({ length: count - 1 }, () => Math.floor(chance() * bytes.length)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, at) => bytes.subarray(from, cuts[at] ?? bytes.length)).filter(({ length }) => length > 0);
}

/** Chance that a number repeats (Marsaglia's xorshift of 32 bits). */
export function chanceFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 8; round += 1) next();
  return next;
}
