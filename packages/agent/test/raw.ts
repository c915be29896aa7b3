import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { within } from '@themis-mesh/testkit';
import type { TestHome } from './test-home.ts';

export function dialPlain(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Everything that comes until the other side ends or breaks off. */
export function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<Buffer>((resolve) => {
    const done = (): void => resolve(Buffer.concat(chunks));
    stream.once('end', done);
    stream.once('close', done);
    stream.on('error', done);
  });
  return within(ended, 'the end of a stream');
}

/** Reads until a text has come. @returns everything up to and with it, and what came behind */
export async function readUntil(stream: Duplex, text: string): Promise<string> {
  let seen = '';
  const found = new Promise<string>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString('latin1');
      if (!seen.includes(text)) return;
      stream.off('data', onData);
      stream.pause();
      resolve(seen);
    };
    stream.on('data', onData);
    stream.resume();
    stream.once('close', () => reject(new Error(`closed before ${JSON.stringify(text)}, after ${JSON.stringify(seen)}`)));
  });
  return within(found, JSON.stringify(text));
}

/** A plain TCP server on loopback. @returns its port */
export async function listenPlain(home: TestHome, onConnection: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  home.onEnd(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}
