import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readAuthenticator, readTls, type TlsMaterial } from './credentials.ts';
import { hearGreeting } from './greeting.ts';
import type { LinkOptions } from './options.ts';

/** Of a server that says nothing more the third question is the last. */
const PING_MS = 2000;
const UNANSWERED_PINGS = 2;

/**
 * Connects to one of the servers, in no order that a server could count on, with credentials and certificates read anew.
 *
 * @param timeoutMs of each
 * @throws ThemisError of the files; the error of the last server where none lets it in
 */
export async function dial(options: LinkOptions, timeoutMs: number): Promise<NatsConnection> {
  const { authenticator, tls } = await readMaterial(options);
  let last: unknown;
  for (const server of shuffled(options.servers)) {
    try {
      await hearGreeting(server, timeoutMs);
      return await connect({
        ...{ servers: server, name: 'themis', timeout: timeoutMs, pingInterval: PING_MS, maxPingOut: UNANSWERED_PINGS },
        // Whoever holds the connection makes it anew; and a request that is under way hears at once that it ended.
        ...{ reconnect: false, ignoreClusterUpdates: true, noAsyncTraces: true },
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(tls === undefined ? {} : { tls: { ...tls, ...addressOf(server) } }),
      });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

interface Material {
  readonly authenticator: Awaited<ReturnType<typeof readAuthenticator>> | undefined;
  readonly tls: TlsMaterial | undefined;
}

/** @throws ThemisError `THEMIS_FILE_MISSING`, `THEMIS_FILE_MALFORMED`, and those of private files */
export async function readMaterial({ credentials, tls }: LinkOptions): Promise<Material> {
  return {
    authenticator: credentials === undefined ? undefined : await readAuthenticator(credentials),
    tls: tls === undefined ? undefined : await readTls(tls),
  };
}

/** The client names a host to TLS, but no address: of one the certificate would have to be for `localhost`. */
function addressOf(server: string): { readonly host?: string } {
  const { hostname } = new URL(server);
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? {} : { host: address };
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, rank: randomBytes(4).readUInt32BE() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
