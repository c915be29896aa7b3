import type { AccessEntry } from '../access/entry.ts';
import type { Direction } from '../direction.ts';
import type { LoggedProtocol } from '../metrics/labels.ts';

/** Hears of the end of requests. */
interface Ended {
  ended(open: OpenRequest): void;
}

/** A request, or a raw connection, that has begun. Whoever carries it fills in what becomes known, and ends it. */
export class OpenRequest implements AccessEntry {
  readonly direction: Direction;
  readonly service: string;
  /** Of the log's own clock. Milliseconds. */
  readonly begunAt: number;
  protocol: LoggedProtocol | undefined;
  caller: string | undefined;
  callerId: string | undefined;
  /** The callee's: outbound the one that was taken last. */
  instance: string | undefined;
  method: string | undefined;
  path: string | undefined;
  /** 0 until there is an answer. */
  status = 0;
  /** Of a call of gRPC, as its trailers said it. */
  grpcStatus: number | undefined;
  /** The code of the refusal, or of the error where there is none. */
  refusal: string | undefined;
  policy: string | undefined;
  rule: string | undefined;
  /** Whether a policy would have refused it that only audits. */
  audit = false;
  duration = 0;
  /** Bytes of the body, or of a raw connection, that the callee took; and that it gave. */
  bytesIn = 0;
  bytesOut = 0;
  port: number | undefined;
  remote: string | undefined;
  /** Tries after the first. */
  retries = 0;
  requestId: string | undefined;
  traceparent: string | undefined;
  /** Told once, when it is over: for whoever counts what is under way. */
  onEnd: (() => void) | undefined;
  #log: Ended | undefined;

  constructor(
    log: Ended | undefined,
    direction: Direction,
    protocol: LoggedProtocol | undefined,
    service: string,
    begunAt: number,
  ) {
    this.#log = log;
    this.direction = direction;
    this.protocol = protocol;
    this.service = service;
    this.begunAt = begunAt;
  }

  /** Outbound: it is tried at an instance of the service, for the first time or once more. */
  tryAt(instance: string, port: number): void {
    if (this.instance !== undefined) this.retries += 1;
    this.instance = instance;
    this.port = port;
  }

  /** It is over. Only the first end counts. Does not throw. */
  end(): void {
    const log = this.#log;
    this.#log = undefined;
    log?.ended(this);
    const { onEnd } = this;
    this.onEnd = undefined;
    onEnd?.();
  }

  /** It failed: with the error's refusal, where it has one, or its code. */
  fail(error: unknown): void {
    this.refusal ??= codeOf(error);
    this.end();
  }
}

/** What a log says of an error: a code of the tables, never its text. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'THEMIS_UNEXPECTED';
  const { code, refusal, name } = error as { readonly code?: unknown; readonly refusal?: unknown; readonly name?: unknown };
  const because = typeof refusal === 'object' && refusal !== null && 'code' in refusal ? refusal.code : undefined;
  if (typeof because === 'string') return because;
  if (typeof code === 'string' && code.startsWith('THEMIS_')) return code;
  return name === 'AbortError' || name === 'TimeoutError' ? 'THEMIS_ABORTED' : 'THEMIS_UNEXPECTED';
}
