import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';

/** Why a message did not come. */
export type Lack = 'ended' | 'too-late' | 'too-large';

export type Read = { readonly bytes: Buffer } | { readonly lack: Lack };

/**
 * Reads one message, and not a byte more.
 *
 * @param maxBytes behind its length; nothing of a longer one is read
 * @param milliseconds for all of it
 */
export async function readMessage(stream: Duplex, maxBytes: number, milliseconds: number, clock: Clock): Promise<Read> {
  const { promise: lacking, resolve } = Promise.withResolvers<{ readonly lack: Lack }>();
  const onEnd = (): void => resolve({ lack: 'ended' });
  const callOff = clock.after(milliseconds, () => resolve({ lack: 'too-late' }));
  stream.once('end', onEnd).once('close', onEnd);
  if (stream.destroyed || stream.readableEnded) onEnd();
  try {
    const head = await readExactly(stream, 4, lacking);
    if ('lack' in head) return head;
    const length = head.bytes.readUInt32BE();
    return length > maxBytes ? { lack: 'too-large' } : await readExactly(stream, length, lacking);
  } finally {
    callOff();
    stream.off('end', onEnd).off('close', onEnd);
  }
}

function readExactly(stream: Duplex, length: number, lacking: Promise<{ readonly lack: Lack }>): Promise<Read> {
  if (length === 0) return Promise.resolve({ bytes: Buffer.alloc(0) });
  let onReadable = (): void => undefined;
  const done = new Promise<Read>((resolve) => {
    onReadable = () => {
      // At the end of the stream this gives what is left, which is less.
      const bytes = stream.read(length) as Buffer | null;
      if (bytes?.length === length) resolve({ bytes });
    };
    stream.on('readable', onReadable);
    onReadable();
  });
  return Promise.race([done, lacking]).finally(() => stream.off('readable', onReadable));
}
