import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { ThemisError, type IdentityId, type TargetName } from '@themis-mesh/core';
import type { Channel, CredentialSource } from '@themis-mesh/channel';
import { serviceOfHost } from '../../find/mesh-name.ts';
import { Agent } from '../wire/node-http.ts';

export interface MeshAgentOptions {
  /** Opens a channel for HTTP/1.1 to some instance of a service. */
  readonly open: (service: TargetName) => Promise<Channel>;
  readonly credentials: CredentialSource;
  readonly own: IdentityId;
}

type CreateConnectionCallback = (error: Error | null, stream: Duplex) => void;

/** How long a connection is kept without a request. A service that announces a shorter time is left a second before it. */
const IDLE_MS = 60_000;

/** Under which name the options of a request keep the pool that it was given, whichever leaf has come since. */
const POOL: unique symbol = Symbol('pool');

interface RequestOptions {
  readonly host?: string | null;
  readonly hostname?: string | null;
  [POOL]?: string;
}

/**
 * An agent for `http.request`, and whatever is built on it: the host names a service, and connections are channels that carry
 * Node's own HTTP/1.1. `https:` means the same, since all of it is encrypted.
 *
 * Each new connection goes to an instance that the mesh chooses; which requests share one is said by our own identity and
 * leaf beside the service. What fails is told as a ThemisError, and nothing is sent twice.
 */
export class MeshAgent extends Agent {
  readonly #options: MeshAgentOptions;
  readonly #channels = new WeakMap<Duplex, Channel>();
  readonly #idle = new Set<Duplex>();
  readonly #unsubscribe: () => void;

  constructor(options: MeshAgentOptions) {
    super({ keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS });
    this.#options = options;
    // Node compares it with the scheme of the request, and takes any scheme where there is none.
    Object.defineProperty(this, 'protocol', { value: undefined });
    this.#unsubscribe = options.credentials.onChange(() => {
      this.#closeIdle();
    });
  }

  /** Keeps nothing any more that carries no request. */
  retire(): void {
    this.#unsubscribe();
    this.#closeIdle();
  }

  /** Called first when a request is made, and then with copies of the same options. */
  override getName(options: RequestOptions = {}): string {
    const { own, credentials } = this.#options;
    options[POOL] ??= `${own} ${credentials.current.serial} ${serviceIn(options) ?? ''} themis-http/1`;
    return options[POOL];
  }

  override createConnection(options: RequestOptions, callback?: CreateConnectionCallback): undefined {
    this.#connect(options).then(
      (socket) => callback?.(null, socket),
      (error: unknown) => {
        // Node destroys the request with the error and does not look at the stream.
        callback?.(error as Error, undefined as never);
      },
    );
    return undefined;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const channel = this.#channels.get(socket);
    const isCurrent = channel?.ownSerial === this.#options.credentials.current.serial;
    if (channel?.state.is !== 'open' || !isCurrent) return false;
    this.#idle.add(socket);
    // Nothing is asked, so whatever comes would be taken for the answer to the next request (CVE-2026-48931).
    socket.on('data', destroyThis);
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.delete(socket);
    socket.off('data', destroyThis);
    super.reuseSocket(socket, request);
  }

  async #connect(options: RequestOptions): Promise<Duplex> {
    const service = serviceIn(options);
    if (service === undefined) throw new ThemisError('THEMIS_NAME_INVALID', options.host ?? options.hostname ?? '');
    const channel = await this.#options.open(service);
    const { socket } = channel;
    this.#channels.set(socket, channel);
    channel.onState((state) => {
      if (state.is === 'draining' && this.#idle.has(socket)) socket.destroy();
      if (state.is === 'closed') this.#idle.delete(socket);
    });
    return socket;
  }

  #closeIdle(): void {
    for (const socket of [...this.#idle]) socket.destroy();
  }
}

function serviceIn({ host, hostname }: RequestOptions): TargetName | undefined {
  return serviceOfHost(host ?? hostname ?? '');
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
