import { connect, createSecureContext, createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { secureContextOptions } from '@themis-mesh/channel';
import { toPem } from '@themis-mesh/core';
import type { TestLeaf } from '@themis-mesh/testkit';

/** Mutual TLS of plain Node with the same certificates and parameters: OpenSSL judges the chain, and nobody else. */
export interface PlainTls extends AsyncDisposable {
  /** Connects, and hears one byte, as a dialler of a channel hears the answer. */
  readonly shakeHands: () => Promise<void>;
}

export async function openPlainTls(client: TestLeaf, server: TestLeaf): Promise<PlainTls> {
  const listener = createServer(
    {
      ...secureContextOptions(server),
      ca: toPem(client.identity),
      ALPNProtocols: ['themis-tcp/1'],
      requestCert: true,
      rejectUnauthorized: true,
      noDelay: true,
    },
    (socket) => {
      socket.on('error', () => undefined).resume();
      socket.write('.');
    },
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  // Made once, as the channel does: that is not what is measured.
  const secureContext = createSecureContext({ ...secureContextOptions(client), ca: toPem(server.identity) });
  return {
    shakeHands: () =>
      new Promise((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          ALPNProtocols: ['themis-tcp/1'],
          secureContext,
          // A SPIFFE ID is no hostname.
          checkServerIdentity: () => undefined,
        });
        socket.once('error', reject);
        socket.once('data', () => {
          socket.destroy();
          resolve();
        });
      }),
    async [Symbol.asyncDispose]() {
      listener.close();
      await once(listener, 'close');
    },
  };
}
