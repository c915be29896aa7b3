import type { Duplex } from 'node:stream';

/** Calls back for each request head that comes in on a stream; bodies are not looked at. */
export function onRequest(stream: Duplex, listener: (head: string) => void): void {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      listener(head);
    }
  });
}
