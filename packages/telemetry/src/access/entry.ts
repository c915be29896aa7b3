import type { Direction } from '../direction.ts';
import type { LoggedProtocol } from '../metrics/labels.ts';

/** What a line of the access log says. What is undefined is left out. Times in milliseconds. */
export interface AccessEntry {
  readonly direction: Direction;
  readonly caller: string | undefined;
  readonly callerId: string | undefined;
  readonly service: string;
  readonly instance: string | undefined;
  /** Undefined of a handshake that led to nothing. */
  readonly protocol: LoggedProtocol | undefined;
  readonly method: string | undefined;
  /** As it stands in the request line. */
  readonly path: string | undefined;
  /** 0: there was no answer. */
  readonly status: number;
  readonly grpcStatus: number | undefined;
  readonly refusal: string | undefined;
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly audit: boolean;
  readonly duration: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly port: number | undefined;
  readonly remote: string | undefined;
  readonly retries: number;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}
