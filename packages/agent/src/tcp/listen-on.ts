import type { Server } from 'node:net';
import type { ListenAddress } from './listen-address.ts';
import { portError } from './port-error.ts';

/** Listens, or says why not. @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID */
export async function listenOn(server: Server, { host, port }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onError = (error: Error): void => {
    reject(portError(error, host, port));
  };
  server.once('error', onError);
  server.listen(port, host, () => {
    resolve(undefined);
  });
  await promise;
  server.off('error', onError);
  // Running out of descriptors is reported here; the server goes on when some are free again.
  server.on('error', () => undefined);
}
