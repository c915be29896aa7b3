import type { Readable } from 'node:stream';

/** All of a body. @throws what the message failed with */
export function readAll(message: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.once('end', () => {
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    message.once('error', reject);
    // One that failed before it was read tells nobody any more.
    message.once('close', () => {
      reject(failureOf(message));
    });
    if (message.destroyed && !message.readableEnded) reject(failureOf(message));
  });
}

function failureOf({ errored }: Readable): Error {
  return errored ?? new TypeError('the body was destroyed before its end');
}
