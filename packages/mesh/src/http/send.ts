import type { IncomingMessage } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import type { Target } from '../find/balancer.ts';
import { mayDialAgain, type Again, type Errand, type Errands } from '../find/errands.ts';
import type { Attempt } from '../traffic/attempt.ts';
import type { CallTerms } from '../traffic/terms.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { discard } from './discard.ts';
import { frame, type Framed } from './framing.ts';
import { onceOver, type MeshRequest, type MeshResponse } from './message.ts';
import { request as httpRequest } from './node-http.ts';
import { Upload } from './upload.ts';

/** Methods that may be sent again where the first try broke off without an answer (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** The most bytes of an answer that nobody wants which are read to keep its connection. */
const SMALL_BODY = 65_536;

/**
 * Sends a request to an instance of a service; to another one where nothing of it was sent, or where its method is
 * idempotent and it broke off without an answer.
 *
 * @throws ThemisError as `dial` does, `THEMIS_NO_INSTANCE`, `THEMIS_CONNECTION_LOST`, `THEMIS_ANSWER_MALFORMED`,
 * `THEMIS_CLOSED`; the signal's reason; the body's own error; TypeError for a path or a field that HTTP cannot carry
 */
export async function send(errands: Errands, agent: ChannelAgent, request: MeshRequest): Promise<MeshResponse> {
  try {
    return await errands.run(new Exchange(agent, request));
  } catch (error) {
    if (request.body instanceof Readable) discard(request.body);
    throw error;
  }
}

/** One request, sent as often as it may be. */
class Exchange implements Errand<MeshResponse> {
  readonly protocol = 'themis-http/1';
  readonly #agent: ChannelAgent;
  readonly #request: MeshRequest;
  readonly #framed: Framed;
  /** How far the last try came. */
  #reached: 'no connection' | 'new connection' | 'kept connection' = 'no connection';

  constructor(agent: ChannelAgent, request: MeshRequest) {
    this.#agent = agent;
    this.#request = request;
    this.#framed = frame(request);
  }

  get service(): ServiceName {
    return this.#request.service;
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal;
  }

  get terms(): CallTerms | undefined {
    return this.#request.terms;
  }

  get isRepeatable(): boolean {
    const { method, body, terms } = this.#request;
    return (IDEMPOTENT.has(method) || terms?.isSafe === true) && !this.#framed.asksForUpgrade && !(body instanceof Readable);
  }

  isUnsent(): boolean {
    return this.#reached === 'no connection';
  }

  async run(target: Target, attempt: Attempt): Promise<MeshResponse> {
    this.#reached = 'no connection';
    const { service } = this;
    const { signal } = attempt;
    for (let turn = this.#agent.turnFor(service, target, signal); turn !== undefined;) {
      await turn;
      turn = this.#agent.turnFor(service, target, signal);
    }
    if (signal?.aborted !== true) return this.#sendTo(target, attempt);
    this.#agent.passTurn(target);
    throw signal.reason;
  }

  #sendTo(target: Target, { signal, fields }: Attempt): Promise<MeshResponse> {
    const { service, method, path, body, trailers } = this.#request;
    return new Promise((resolve, reject) => {
      const route = this.#agent.route(service, target, signal);
      const { fields: own, declared } = this.#framed;
      const headers = fields.length === 0 ? own : [...own, ...fields];
      const request = httpRequest({ agent: this.#agent, method, path, headers, insecureHTTPParser: false, ...route });
      const upload = body instanceof Readable ? new Upload(body, request, { declared, trailers }) : undefined;
      let message: IncomingMessage | undefined;
      let isSettled = false;
      const onAbort = (): void => {
        (message ?? request).destroy(errorOf(signal?.reason, service));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      request.once('socket', () => {
        this.#reached = request.reusedSocket ? 'kept connection' : 'new connection';
        upload?.start();
      });
      request.once('response', (answer: IncomingMessage) => {
        message = answer;
        isSettled = true;
        this.#agent.noteAnswer(answer);
        resolve({ message: answer });
      });
      request.once('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
        isSettled = true;
        resolve({ message: answer, upgraded: { socket, head } });
      });
      request.on('error', (error: Error) => {
        const isOwn = upload?.failure === error || signal?.aborted === true;
        const failure = isOwn ? error : this.#agent.explain(error, request, service);
        isSettled = true;
        reject((signal?.aborted === true ? signal.reason : failure) as Error);
        message?.destroy(failure);
      });
      request.once('close', () => {
        signal?.removeEventListener('abort', onAbort);
        upload?.end();
        if (message !== undefined && body instanceof Readable) discard(body);
        // A CONNECT that nobody took up ends so, for one.
        if (!isSettled) reject(new ThemisError('THEMIS_CONNECTION_LOST', `to ${service}: closed without an answer`));
      });
      if (upload === undefined) request.end(body);
      else request.flushHeaders();
    });
  }

  again(error: unknown, target: Target): Again {
    const { method, body, signal, terms } = this.#request;
    if (signal?.aborted === true) return 'nowhere';
    if (body instanceof Readable && (body.readableDidRead || body.destroyed)) return 'nowhere';
    if (this.#reached === 'no connection') return mayDialAgain(error) ? 'elsewhere' : 'nowhere';
    const isHarmless = IDEMPOTENT.has(method) || terms?.isSafe === true;
    if (!isBroken(error) || !isHarmless || this.#framed.asksForUpgrade) return 'nowhere';
    if (this.#reached === 'new connection') return 'elsewhere';
    // The instance may have closed it between two requests. Its other kept connections are no better.
    this.#agent.closeIdle(target);
    return 'anywhere';
  }

  statusOf({ message }: MeshResponse): number {
    return message.statusCode ?? 0;
  }

  discard({ message, upgraded }: MeshResponse): void {
    upgraded?.socket.destroy();
    const length = Number(message.headers['content-length'] ?? Infinity);
    if (length <= SMALL_BODY) message.resume();
    else message.destroy();
  }

  /** Of the same request, which has a body that can be sent twice. */
  twin(): Exchange {
    return new Exchange(this.#agent, this.#request);
  }

  whenOver(response: MeshResponse, done: () => void): void {
    onceOver(response, done);
  }
}

/** A signal's reason may be anything; what streams are destroyed with is an error. */
function errorOf(reason: unknown, service: ServiceName): Error {
  return reason instanceof Error ? reason : new ThemisError('THEMIS_ABORTED', `the call of ${service}`, { cause: reason });
}

function isBroken(error: unknown): boolean {
  return ThemisError.is(error, 'THEMIS_CONNECTION_LOST') || ThemisError.is(error, 'THEMIS_ANSWER_MALFORMED');
}
