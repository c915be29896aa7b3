import type { Duplex } from 'node:stream';

/** What a handler of undici 7.6 and newer may do with its request. */
export interface DispatchController {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: Error | null;
  /** As it came, names and values in turn; before the response, nothing. */
  readonly rawHeaders: readonly Buffer[];
  readonly rawTrailers: readonly Buffer[];
  abort(reason?: Error): void;
  pause(): void;
  resume(): void;
}

type Values = Record<string, string | string[]>;

/** The handlers of undici 7.6 and newer, of which that of Node 26 is one. */
interface NewHandler {
  onRequestStart(controller: DispatchController, context: unknown): void;
  onRequestUpgrade?(controller: DispatchController, statusCode: number, headers: Values, socket: Duplex): unknown;
  onResponseStarted?(): void;
  onResponseStart?(controller: DispatchController, statusCode: number, headers: Values, statusMessage: string): void;
  onResponseData?(controller: DispatchController, chunk: Buffer): void;
  onResponseEnd?(controller: DispatchController, trailers: Values): void;
  onResponseError?(controller: DispatchController, error: Error): void;
}

/** Those before, of which that of Node 24 is one, and that of `undici.request` in undici 7. */
interface OldHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): void;
  onUpgrade?(statusCode: number, rawHeaders: readonly Buffer[], socket: Duplex): void;
  onResponseStarted?(): void;
  onHeaders?(statusCode: number, rawHeaders: readonly Buffer[], resume: () => void, statusMessage: string): boolean | undefined;
  onData?(chunk: Buffer): boolean | undefined;
  onComplete?(rawTrailers: readonly Buffer[]): void;
  onError?(error: Error): void;
}

/** Whoever asked undici for a request, of either generation. */
export type DispatchHandler = NewHandler | OldHandler;

/** The head of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

/** One way to speak with handlers of both generations: what is said to it is what happened, in order. */
export interface Listener {
  start(): void;
  upgrade(head: ResponseHead, socket: Duplex): void;
  /** An interim response (RFC 9110 section 15.2). */
  information(head: ResponseHead): void;
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  end(trailers: readonly string[]): void;
  fail(error: Error): void;
}

export function listenerOf(handler: DispatchHandler, controller: DispatchController): Listener {
  return isNew(handler) ? newListener(handler, controller) : oldListener(handler, controller);
}

function isNew(handler: DispatchHandler): handler is NewHandler {
  return 'onRequestStart' in handler && typeof handler.onRequestStart === 'function';
}

/** A handler in the form of the newer generation, which is the one that interceptors of undici know. */
export function modernHandler(handler: DispatchHandler): DispatchHandler {
  if (isNew(handler)) return handler;
  let listener: Listener | undefined;
  const fieldsOf = (raw: readonly Buffer[]): readonly string[] => raw.map((bytes) => bytes.toString('latin1'));
  const modern: NewHandler = {
    onRequestStart: (controller) => {
      listener = oldListener(handler, controller);
      listener.start();
    },
    onRequestUpgrade: ({ rawHeaders }, status, _, socket) => {
      listener?.upgrade({ status, statusText: '', fields: fieldsOf(rawHeaders) }, socket);
    },
    onResponseStart: ({ rawHeaders }, status, _, statusText) => {
      listener?.head({ status, statusText, fields: fieldsOf(rawHeaders) });
    },
    onResponseData: (_, chunk) => {
      listener?.data(chunk);
    },
    onResponseEnd: ({ rawTrailers }) => {
      listener?.end(fieldsOf(rawTrailers));
    },
    onResponseError: (_, error) => {
      handler.onError?.(error);
    },
  };
  return modern;
}

function newListener(handler: NewHandler, controller: DispatchController): Listener {
  return {
    start: () => {
      handler.onRequestStart(controller, {});
    },
    upgrade: ({ status, fields }, socket) => {
      handler.onRequestUpgrade?.(controller, status, valuesOf(fields), socket);
    },
    information: ({ status, statusText, fields }) => {
      handler.onResponseStart?.(controller, status, valuesOf(fields), statusText);
    },
    head: ({ status, statusText, fields }) => {
      handler.onResponseStarted?.();
      handler.onResponseStart?.(controller, status, valuesOf(fields), statusText);
    },
    data: (chunk) => {
      handler.onResponseData?.(controller, chunk);
    },
    end: (trailers) => {
      handler.onResponseEnd?.(controller, valuesOf(trailers));
    },
    fail: (error) => {
      handler.onResponseError?.(controller, error);
    },
  };
}

function oldListener(handler: OldHandler, controller: DispatchController): Listener {
  const resume = (): void => {
    controller.resume();
  };
  return {
    start: () => {
      handler.onConnect?.((reason) => {
        controller.abort(reason);
      }, null);
    },
    upgrade: ({ status, fields }, socket) => {
      handler.onUpgrade?.(status, rawOf(fields), socket);
    },
    information: ({ status, statusText, fields }) => {
      handler.onHeaders?.(status, rawOf(fields), resume, statusText);
    },
    head: ({ status, statusText, fields }) => {
      handler.onResponseStarted?.();
      if (handler.onHeaders?.(status, rawOf(fields), resume, statusText) === false) controller.pause();
    },
    data: (chunk) => {
      if (handler.onData?.(chunk) === false) controller.pause();
    },
    end: (trailers) => {
      handler.onComplete?.(rawOf(trailers));
    },
    fail: (error) => {
      handler.onError?.(error);
    },
  };
}

export function rawOf(fields: readonly string[]): readonly Buffer[] {
  return fields.map((text) => Buffer.from(text, 'latin1'));
}

/** Values by name in lower case; several of one name as a list. Names come from outside, so the object has no prototype. */
function valuesOf(fields: readonly string[]): Values {
  const values = Object.create(null) as Values;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    const value = fields[index + 1] ?? '';
    const before = values[name];
    if (before === undefined) values[name] = value;
    else values[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return values;
}
