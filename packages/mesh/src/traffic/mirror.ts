import { Readable } from 'node:stream';
import type { MeshRequest } from '../http/message.ts';

/** Says of a copy that it is one, to whoever must not do things twice. */
export const MIRROR_FIELD = 'x-themis-mirror';

/**
 * Copies a request whose body is within a bound.
 *
 * @param onCopy hears of the body once all of it is known: at once, or when a stream has ended within the bound
 * @returns the request that is to be sent in the place of this one: a stream is read through the copier, at its reader's pace
 */
export function copyRequest(
  request: MeshRequest,
  maxBodyBytes: number,
  onCopy: (copy: Pick<MeshRequest, 'method' | 'path' | 'headers' | 'body'>) => void,
): MeshRequest {
  const { method, path, headers, body } = request;
  const fields = [...headers, MIRROR_FIELD, '1'];
  const tell = (bytes: Buffer | undefined): void => {
    onCopy({ method, path, headers: fields, body: bytes });
  };
  if (!(body instanceof Readable)) {
    if ((body?.length ?? 0) <= maxBodyBytes) tell(body);
    return request;
  }
  return { ...request, body: Readable.from(readThrough(body, maxBodyBytes, tell), { objectMode: false }) };
}

async function* readThrough(body: Readable, most: number, onWhole: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  let chunks: Buffer[] | undefined = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    // What is too long is let go of at once, not held to its end.
    if (length > most) chunks = undefined;
    chunks?.push(bytes);
    yield bytes;
  }
  if (chunks !== undefined) onWhole(Buffer.concat(chunks));
}
