import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { ThemisError, type IdentityId, type TargetName } from '@themis-mesh/core';
import type { Channel, CredentialSource, Protocol } from '@themis-mesh/channel';
import type { Target } from '../../find/balancer.ts';
import type { TargetSource } from '../../find/errands.ts';
import { serviceOfHost } from '../../find/mesh-name.ts';
import type { Guide } from '../../traffic/guide.ts';
import { connectSomewhere } from '../../traffic/somewhere.ts';
import { Agent } from '../wire/node-http.ts';
import { AgentCall } from './agent-call.ts';
import { injectedAnswer } from './injected-answer.ts';

export interface MeshAgentOptions {
  readonly guide: Guide;
  readonly source: TargetSource;
  /** Opens a channel to one instance. */
  readonly openTo: (service: TargetName, protocol: Protocol, target: Target) => Promise<Channel>;
  readonly credentials: CredentialSource;
  readonly own: IdentityId;
}

type CreateConnectionCallback = (error: Error | null, stream: Duplex) => void;

/** How long a connection is kept without a request. A service that announces a shorter time is left a second before it. */
const IDLE_MS = 60_000;

/** Under which name the options of a request say where it goes. */
const PLAN: unique symbol = Symbol('plan');

/** Where a request goes, decided when it was made. */
interface Plan {
  readonly call: AgentCall;
  readonly target: Target;
  /** Which connections it may share, whichever leaf has come since. */
  readonly pool: string;
}

interface RequestOptions {
  readonly host?: string | null | undefined;
  readonly hostname?: string | null | undefined;
  readonly headers?: unknown;
  /** `failed`: why it goes nowhere. A status: what it is answered, and nothing is sent. */
  [PLAN]?: Plan | { readonly failed: unknown } | { readonly status: number };
}

/** What all agents of Node are asked by, and its types do not have. */
type AddRequest = (this: InstanceType<typeof Agent>, request: ClientRequest, options: object) => void;
const { addRequest: addAsNode } = Agent.prototype as unknown as { readonly addRequest: AddRequest };

/**
 * An agent for `http.request`, and whatever is built on it: the host names a service, and connections are channels that carry
 * Node's own HTTP/1.1. `https:` means the same, since all of it is encrypted.
 *
 * Each request goes to an instance that the mesh chooses, by the rules, over a connection that was kept or a new one; which
 * requests share one is said by our own identity and leaf beside the service and the instance. What fails is told as a
 * ThemisError, and nothing is sent twice.
 */
export class MeshAgent extends Agent {
  readonly #options: MeshAgentOptions;
  readonly #channels = new WeakMap<Duplex, Channel>();
  readonly #calls = new WeakMap<ClientRequest, Plan>();
  /** Connections that lead elsewhere than those of their pool. */
  readonly #stray = new WeakSet<Duplex>();
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

  /** Called by Node when a request is made. */
  addRequest(request: ClientRequest, options: RequestOptions): void {
    const { host = '', hostname, headers } = options;
    const name = host ?? hostname ?? '';
    if (serviceOfHost(name) === undefined) {
      const failed = new ThemisError('THEMIS_NAME_INVALID', name);
      addAsNode.call(this, request, { ...options, [PLAN]: { failed } });
      return;
    }
    const call = new AgentCall(this.#options.guide, name, request, headers);
    this.#plan(call).then(
      (plan) => {
        if ('call' in plan) this.#calls.set(request, plan);
        addAsNode.call(this, request, { ...options, [PLAN]: plan });
      },
      (failed: unknown) => {
        addAsNode.call(this, request, { ...options, [PLAN]: { failed } });
      },
    );
  }

  override getName({ [PLAN]: plan }: RequestOptions = {}): string {
    return plan !== undefined && 'pool' in plan ? plan.pool : '';
  }

  override createConnection({ [PLAN]: plan }: RequestOptions, callback?: CreateConnectionCallback): undefined {
    this.#connect(plan).then(
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
    if (channel?.state.is !== 'open' || !isCurrent || this.#stray.has(socket)) return false;
    this.#idle.add(socket);
    // Nothing is asked, so whatever comes would be taken for the answer to the next request (CVE-2026-48931).
    socket.on('data', destroyThis);
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.delete(socket);
    socket.off('data', destroyThis);
    const plan = this.#calls.get(request);
    plan?.call.sentBy(plan.call.call.tryAt(plan.target));
    super.reuseSocket(socket, request);
  }

  async #plan(agentCall: AgentCall): Promise<NonNullable<RequestOptions[typeof PLAN]>> {
    const { source, own, credentials } = this.#options;
    const { call } = agentCall;
    await call.ready();
    if (call.injected !== undefined) return { status: call.injected };
    const target = call.pick(call.choices(await source.targets(call.service, 'themis-http/1')));
    if (target === undefined) throw new ThemisError('THEMIS_NO_INSTANCE', `${call.service} over themis-http/1`);
    const pool = `${own} ${credentials.current.serial} ${target.key} ${call.service} themis-http/1`;
    return { call: agentCall, target, pool };
  }

  async #connect(plan: RequestOptions[typeof PLAN]): Promise<Duplex> {
    if (plan === undefined) throw new TypeError('a request that the agent was not asked for');
    if ('failed' in plan) throw plan.failed as Error;
    if ('status' in plan) return injectedAnswer(plan.status);
    const { source, openTo } = this.#options;
    const { call } = plan.call;
    const open = (target: Target): Promise<Channel> => openTo(call.service, 'themis-http/1', target);
    const { connection, target, begun } = await connectSomewhere(call, source, 'themis-http/1', open, plan.target);
    const { socket } = connection;
    if (target.key !== plan.target.key) this.#stray.add(socket);
    this.#channels.set(socket, connection);
    connection.onState((state) => {
      if (state.is === 'draining' && this.#idle.has(socket)) socket.destroy();
      if (state.is === 'closed') this.#idle.delete(socket);
    });
    plan.call.sentBy(begun);
    return socket;
  }

  #closeIdle(): void {
    for (const socket of [...this.#idle]) socket.destroy();
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
