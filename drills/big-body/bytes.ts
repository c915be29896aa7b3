const CHUNK = Buffer.alloc(65_536, 'x');

/** So many bytes, in pieces. */
export function* bytesOf(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= CHUNK.length) yield left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
}
