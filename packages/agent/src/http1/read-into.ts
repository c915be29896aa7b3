import type { OnReadOpts } from 'node:net';

/**
 * How a socket is read without a new buffer for each read, which Node makes of 64 KiB: as memory outside its heap those have the
 * collector run again and again.
 *
 * Little is copied out; much is given away with its buffer, in whose place a new one comes, larger where the one before was full.
 *
 * @param onData is given bytes to keep
 */
export function readInto(onData: (bytes: Buffer) => void): OnReadOpts {
  let size = SMALL_BYTES;
  let buffer: Buffer | undefined;
  return {
    buffer: () => (buffer ??= Buffer.allocUnsafeSlow(size)),
    callback: (length, bytes) => {
      const read = Buffer.from(bytes.buffer, bytes.byteOffset, length);
      const isLittle = length <= COPIED;
      const next = length === size ? LARGE_BYTES : isLittle ? SMALL_BYTES : size;
      if (!isLittle || next !== size) buffer = undefined;
      size = next;
      onData(isLittle ? Buffer.from(read) : read);
      return true;
    },
  };
}

/** What a connection keeps while nothing comes. */
const SMALL_BYTES = 16_384;

const LARGE_BYTES = 65_536;

/** Up to how many bytes a copy is cheaper than a new buffer. */
const COPIED = 8192;
