import { createServer, type IncomingMessage } from 'node:http';
import type { Channel } from '@themis-mesh/channel';
import { Stage, type PresentedIdentity, type TestLeaf } from '@themis-mesh/testkit';

export const REQUEST = 'GET /who HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n';

/** A service on channels that says over HTTP who calls it. */
export interface Till extends AsyncDisposable {
  readonly stage: Stage;
  /** The paths of the requests that it executed. */
  readonly executed: readonly string[];
}

/** @param swapped whether its leaf was replaced since it listens */
export async function openTill(swapped = false): Promise<Till> {
  const executed: string[] = [];
  const channels = new Map<unknown, Channel>();
  const server = createServer((request: IncomingMessage, response) => {
    executed.push(request.url ?? '');
    response.end(`called by ${channels.get(request.socket)?.peer.name ?? 'nobody'}`);
  });
  const onChannel = (channel: Channel): void => {
    channels.set(channel.socket, channel);
    server.emit('connection', channel.socket);
  };
  const stage = await Stage.open({ onChannel });
  if (swapped) stage.credentials.swap(await stage.app.leaf('payments'));
  return { stage, executed, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** A member, as the openssl command presents it. */
export async function goodIdentity({ app }: Stage): Promise<PresentedIdentity> {
  return identityOf(await app.leaf('web'));
}

export function identityOf({ key, chain }: TestLeaf): PresentedIdentity {
  const [leaf, ...rest] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  return { key, leaf, rest: rest.join('') };
}
