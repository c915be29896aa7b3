import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { logAnswerOf } from '../../observe/log-call.ts';
import { RETRY_FIELD } from '../../traffic/call-fields.ts';
import { passed } from '../../traffic/call-limit.ts';
import { DEADLINE_FIELD, deadlineFields } from '../../traffic/deadline.ts';
import type { Outcome } from '../../traffic/breaker.ts';
import type { Guide } from '../../traffic/guide.ts';
import type { GuidedCall, GuidedTry } from '../../traffic/guided-call.ts';
import { requireServiceName } from '../../find/mesh-name.ts';
import { MessageResponse } from './message-response.ts';

/** A request of Node's own client, and what the rules want of it. */
export class AgentCall {
  readonly call: GuidedCall;
  readonly #request: ClientRequest;
  readonly #timer: NodeJS.Timeout | undefined;
  #begun: GuidedTry | undefined;
  #answer: IncomingMessage | undefined;
  #failure: unknown;

  /** @param host names the service. @param headers as they were given, where they were a list: Node has written them already */
  constructor(guide: Guide, host: string, request: ClientRequest, headers: unknown) {
    const { method, path } = request;
    const service = requireServiceName(host);
    this.#request = request;
    this.call = guide.begin(service, { protocol: 'http/1.1', method, path, headers: fieldsOf(request, headers) });
    const { left } = this.call;
    if (left !== undefined) {
      this.#timer = setTimeout(() => {
        request.destroy(passed(service));
      }, left);
      if (!request.headersSent) request.setHeader(DEADLINE_FIELD, deadlineFields(left, 0)[1] ?? '');
    }
    if (!request.headersSent) request.removeHeader(RETRY_FIELD);
    this.#listen();
  }

  /** It has a connection. */
  sentBy(begun: GuidedTry): void {
    this.#begun = begun;
    if (this.#request.destroyed) this.#over();
  }

  /**
   * Looks on at what the request tells. A listener for an answer, or for an error, would tell Node that somebody reads the one
   * and knows of the other.
   */
  #listen(): void {
    const request = this.#request;
    const emit = request.emit.bind(request) as (event: string | symbol, ...args: unknown[]) => boolean;
    const value = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event === 'response') this.#onAnswer(args[0] as IncomingMessage);
      else if (event === 'upgrade' || event === 'connect') this.#onUpgrade(args as [IncomingMessage, Duplex, Buffer]);
      else if (event === 'error') this.#failure ??= args[0];
      else if (event === 'close' && this.#answer === undefined) this.#over();
      return emit(event, ...args);
    };
    Object.defineProperty(request, 'emit', { value, configurable: true, writable: true });
  }

  #onAnswer(message: IncomingMessage): void {
    this.#answer = message;
    this.#begun?.answered((message.statusCode ?? 500) >= 500 ? 'failed' : 'well');
    logAnswerOf(this.call.open, new MessageResponse(message));
    message.once('close', () => {
      this.#over();
    });
  }

  #onUpgrade([message, socket, head]: [IncomingMessage, Duplex, Buffer]): void {
    this.#answer = message;
    this.#begun?.answered('well');
    logAnswerOf(this.call.open, new MessageResponse(message, { socket, head }));
    socket.once('close', () => {
      this.#over();
    });
  }

  #over(): void {
    clearTimeout(this.#timer);
    this.#begun?.over(this.#outcome);
    const isFailed = this.#answer === undefined;
    this.call.over(isFailed ? (this.#failure ?? new ThemisError('THEMIS_ABORTED', 'the request')) : undefined);
  }

  /** Where there was no answer: whether that was the other side's doing. */
  get #outcome(): Outcome {
    if (ThemisError.is(this.#failure, 'THEMIS_DEADLINE_PASSED')) return 'failed';
    const { socket } = this.#request;
    return socket?.readableEnded === true || (socket?.errored ?? null) !== null ? 'failed' : 'none';
  }
}

function fieldsOf(request: ClientRequest, headers: unknown): readonly string[] {
  if (Array.isArray(headers)) return headers.flat().map(String);
  return request.getRawHeaderNames().flatMap((name) => {
    const value = request.getHeader(name);
    return Array.isArray(value) ? value.flatMap((one) => [name, one]) : [name, String(value)];
  });
}
