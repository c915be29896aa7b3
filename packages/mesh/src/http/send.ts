import { Readable } from 'node:stream';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { Target } from '../find/balancer.ts';
import { mayDialAgain, type Again, type Errand, type Errands } from '../find/errands.ts';
import { logAnswerOf } from '../observe/log-call.ts';
import type { TunnelPool } from '../tunnels/tunnel-pool.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { discardBody } from './discard-body.ts';
import { callOverHttp1 } from './http1-call.ts';
import type { MeshRequest, MeshResponse } from './message.ts';
import { callOverTunnel, type TunnelFate } from './tunnel-exchange.ts';
import { tunnelHead, type TunnelHead } from './tunnel-head.ts';

/** Methods that may be sent again where the first try broke off without an answer (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** The ways that a request may go to an instance. */
export interface Ways {
  readonly tunnels: TunnelPool;
  /** For what asks for another protocol, and for instances that have no tunnels. */
  readonly agent: ChannelAgent;
}

/**
 * Sends a request to an instance of a service; to another one where nothing of it was processed, or where its method is
 * idempotent and it broke off without an answer.
 *
 * @throws ThemisError as `dial` does, `THEMIS_NO_INSTANCE`, `THEMIS_CONNECTION_LOST`, `THEMIS_ANSWER_MALFORMED`,
 * `THEMIS_CLOSED`; the signal's reason; the body's own error; TypeError for a path or a field that HTTP cannot carry
 */
export async function send(errands: Errands, ways: Ways, request: MeshRequest, open: OpenRequest): Promise<MeshResponse> {
  try {
    const answer = await errands.run(new Exchange(ways, request, open));
    logAnswerOf(open, answer);
    return answer;
  } catch (error) {
    open.fail(error);
    if (request.body instanceof Readable) discardBody(request.body);
    throw error;
  }
}

/** One request, sent as often as it may be. */
class Exchange implements Errand<MeshResponse> {
  readonly protocol = 'themis-http/1';
  readonly service: TargetName;
  readonly signal: AbortSignal | undefined;
  readonly #ways: Ways;
  readonly #request: MeshRequest;
  readonly #head: TunnelHead;
  readonly #open: OpenRequest;
  /** How far the last try came. */
  #reached: 'no connection' | 'new connection' | 'kept connection' = 'no connection';
  readonly #fate: TunnelFate = { ended: undefined };

  constructor(ways: Ways, request: MeshRequest, open: OpenRequest) {
    this.#open = open;
    this.service = request.service;
    this.signal = request.signal;
    this.#ways = ways;
    this.#request = request;
    this.#head = tunnelHead(request);
  }

  run(target: Target): Promise<MeshResponse> {
    this.#reached = 'no connection';
    this.#open.tryAt(target.instance, target.endpoint.port);
    if (!target.hasTunnel || this.#head.asksForUpgrade) return this.#runOverHttp1(target);
    const tunnel = this.#ways.tunnels.tunnelTo(this.service, target, this.signal);
    if (!(tunnel instanceof Promise)) return this.#sendOver(tunnel, 'kept connection');
    return tunnel.then((opened) => this.#sendOver(opened, 'new connection'));
  }

  again(error: unknown, target: Target): Again {
    const { method, body } = this.#request;
    if (this.signal?.aborted === true) return 'nowhere';
    if (body instanceof Readable && (body.readableDidRead || body.destroyed)) return 'nowhere';
    if (this.#reached === 'no connection') return mayDialAgain(error) ? 'elsewhere' : 'nowhere';
    const { ended } = this.#fate;
    // The tunnel was closing, or full: the same instance may have another one. Behind an unreachable program it is of no use.
    if (ended === 'refused') return 'anywhere';
    if (ended === 'unreachable') return 'elsewhere';
    if (!isBroken(error) || !IDEMPOTENT.has(method) || this.#head.asksForUpgrade) return 'nowhere';
    if (this.#reached === 'new connection') return 'elsewhere';
    // The instance may have closed it before it saw the request. Its other kept connections are no better.
    this.#ways.agent.closeIdle(target);
    return 'anywhere';
  }

  whenOver(response: MeshResponse, done: () => void): void {
    response.whenOver(done);
  }

  #sendOver(tunnel: Tunnel, reached: 'new connection' | 'kept connection'): Promise<MeshResponse> {
    this.signal?.throwIfAborted();
    this.#reached = reached;
    this.#fate.ended = undefined;
    return callOverTunnel(tunnel, this.#request, this.#head, this.#fate);
  }

  async #runOverHttp1(target: Target): Promise<MeshResponse> {
    const { service, signal } = this;
    const { agent } = this.#ways;
    for (let turn = agent.turnFor(service, target, signal); turn !== undefined;) {
      await turn;
      turn = agent.turnFor(service, target, signal);
    }
    if (signal?.aborted === true) {
      agent.passTurn(target);
      throw signal.reason;
    }
    return callOverHttp1(agent, this.#request, target, (isKept) => {
      this.#reached = isKept ? 'kept connection' : 'new connection';
    });
  }
}

function isBroken(error: unknown): boolean {
  return ThemisError.is(error, 'THEMIS_CONNECTION_LOST') || ThemisError.is(error, 'THEMIS_ANSWER_MALFORMED');
}
