import { Readable } from 'node:stream';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { StreamEnd, Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { Target } from '../../find/balancer.ts';
import { mayDialAgain, type Again, type Errand, type Errands } from '../../find/errands.ts';
import type { Attempt } from '../../traffic/attempt.ts';
import type { CallTerms } from '../../traffic/terms.ts';
import { logAnswerOf } from '../../observe/log-call.ts';
import type { TunnelPool } from '../../tunnels/tunnel-pool.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { discardBody } from '../wire/discard-body.ts';
import { callOverHttp1 } from './http1-call.ts';
import type { MeshRequest, MeshResponse } from '../message.ts';
import type { TunnelFate } from './tunnel-call.ts';
import { callOverTunnel } from './tunnel-exchange.ts';
import { tunnelHead, type TunnelHead } from '../wire/tunnel-head.ts';

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
class Exchange implements Errand<MeshResponse>, TunnelFate {
  readonly protocol = 'themis-http/1';
  readonly service: TargetName;
  readonly signal: AbortSignal | undefined;
  readonly terms: CallTerms | undefined;
  readonly #ways: Ways;
  readonly #request: MeshRequest;
  readonly #head: TunnelHead;
  readonly #open: OpenRequest;
  /** How far the last try came. */
  #reached: 'no connection' | 'new connection' | 'kept connection' = 'no connection';
  ended: StreamEnd | undefined;

  constructor(ways: Ways, request: MeshRequest, open: OpenRequest) {
    this.#open = open;
    this.service = request.service;
    this.signal = request.signal;
    this.terms = request.terms;
    this.#ways = ways;
    this.#request = request;
    this.#head = tunnelHead(request);
  }

  get isRepeatable(): boolean {
    const { body } = this.#request;
    return this.#isHarmless && !(body instanceof Readable);
  }

  isUnsent(): boolean {
    const { ended } = this;
    return this.#reached === 'no connection' || ended === 'refused' || ended === 'unreachable';
  }

  run(target: Target, attempt: Attempt): Promise<MeshResponse> {
    this.#reached = 'no connection';
    this.ended = undefined;
    this.#open.tryAt(target.instance, target.endpoint.port);
    if (!target.hasTunnel || this.#head.asksForUpgrade) return this.#runOverHttp1(target, attempt);
    const tunnel = this.#ways.tunnels.tunnelTo(this.service, target, attempt.signal);
    if (!(tunnel instanceof Promise)) return this.#sendOver(tunnel, attempt, 'kept connection');
    return tunnel.then((opened) => this.#sendOver(opened, attempt, 'new connection'));
  }

  again(error: unknown, target: Target): Again {
    const { body } = this.#request;
    if (this.signal?.aborted === true) return 'nowhere';
    if (body instanceof Readable && (body.readableDidRead || body.destroyed)) return 'nowhere';
    if (this.#reached === 'no connection') return mayDialAgain(error) ? 'elsewhere' : 'nowhere';
    const { ended } = this;
    // The tunnel was closing, or full: the same instance may have another one. Behind an unreachable program it is of no use.
    if (ended === 'refused') return 'anywhere';
    if (ended === 'unreachable') return 'elsewhere';
    if (!isBroken(error) || !this.#isHarmless) return 'nowhere';
    if (this.#reached === 'new connection') return 'elsewhere';
    // The instance may have closed it before it saw the request. Its other kept connections are no better.
    this.#ways.agent.closeIdle(target);
    return 'anywhere';
  }

  whenOver(response: MeshResponse, done: () => void): void {
    response.whenOver(done);
  }

  statusOf(response: MeshResponse): number {
    return response.status;
  }

  discard(response: MeshResponse): void {
    response.upgraded?.socket.destroy();
    response.discard();
  }

  /** Of the same request, which has a body that can be sent twice. */
  twin(): Exchange {
    return new Exchange(this.#ways, this.#request, this.#open);
  }

  /** Whether it does no harm to do it twice. */
  get #isHarmless(): boolean {
    const { method, terms } = this.#request;
    return (IDEMPOTENT.has(method) || terms?.isSafe === true) && !this.#head.asksForUpgrade;
  }

  #sendOver(tunnel: Tunnel, attempt: Attempt, reached: 'new connection' | 'kept connection'): Promise<MeshResponse> {
    attempt.signal?.throwIfAborted();
    this.#reached = reached;
    this.ended = undefined;
    const request = this.#requestFor(attempt);
    const head = attempt.fields.length === 0 ? this.#head : tunnelHead(request);
    return callOverTunnel(tunnel, request, head, this);
  }

  async #runOverHttp1(target: Target, attempt: Attempt): Promise<MeshResponse> {
    const { service } = this;
    const { signal } = attempt;
    const { agent } = this.#ways;
    for (let turn = agent.turnFor(service, target, signal); turn !== undefined;) {
      await turn;
      turn = agent.turnFor(service, target, signal);
    }
    if (signal?.aborted === true) {
      agent.passTurn(target);
      throw signal.reason;
    }
    return callOverHttp1(agent, this.#requestFor(attempt), target, (isKept) => {
      this.#reached = isKept ? 'kept connection' : 'new connection';
    });
  }

  #requestFor({ signal, fields }: Attempt): MeshRequest {
    if (signal === this.signal && fields.length === 0) return this.#request;
    return { ...this.#request, signal, headers: [...this.#request.headers, ...fields] };
  }
}

function isBroken(error: unknown): boolean {
  return ThemisError.is(error, 'THEMIS_CONNECTION_LOST') || ThemisError.is(error, 'THEMIS_ANSWER_MALFORMED');
}
