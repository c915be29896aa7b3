import type { Socket } from 'node:net';
import { within } from '@themis-mesh/testkit';
import type { AppConnections } from '../../src/http1/app-connections.ts';
import type { Exchange, ExchangeFailure, RequestToApp } from '../../src/http1/exchange.ts';
import type { ResponseHead } from '../../src/http1/response-head.ts';

/** What became of an exchange. */
export interface Outcome {
  readonly status: number | undefined;
  readonly head: ResponseHead | undefined;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly interim: readonly ResponseHead[];
  readonly failure: ExchangeFailure | undefined;
  readonly upgraded: { readonly socket: Socket; readonly first: Buffer } | undefined;
}

/** An exchange that keeps whatever it hears. */
export interface Asking {
  readonly exchange: Exchange;
  readonly outcome: () => Promise<Outcome>;
  /** Whether the handler heard of the end, or of a failure. */
  readonly isTold: () => boolean;
  /** Bytes of the body so far. */
  readonly received: () => number;
  readonly head: () => Promise<ResponseHead>;
  /** Resolves when there is room again. */
  readonly writable: () => Promise<void>;
}

export const GET: RequestToApp = { method: 'GET', path: '/', fields: ['host', 'orders'], framing: 0, upgrade: false };
export const POST: RequestToApp = { ...GET, method: 'POST', framing: 'chunked' };

export function ask(
  connections: AppConnections,
  request: Partial<RequestToApp> = {},
  onBody?: (exchange: Exchange) => void,
): Asking {
  const done = Promise.withResolvers<Outcome>();
  const answered = Promise.withResolvers<ResponseHead>();
  answered.promise.catch(() => undefined);
  const interim: ResponseHead[] = [];
  const chunks: Buffer[] = [];
  let head: ResponseHead | undefined;
  let size = 0;
  let room = Promise.withResolvers<void>();
  let isTold = false;
  const finish = (rest: Partial<Outcome>): void => {
    isTold = true;
    const body = Buffer.concat(chunks).toString('latin1');
    const nothing = { trailers: [], failure: undefined, upgraded: undefined };
    done.resolve({ ...nothing, status: head?.status, head, body, interim, ...rest });
  };
  const exchange = connections.open(
    { ...GET, ...request },
    {
      onHead: (found) => {
        if (found.framing === 'interim') {
          interim.push(found);
          return;
        }
        head = found;
        answered.resolve(found);
      },
      onBody: (bytes) => {
        chunks.push(bytes);
        size += bytes.length;
        onBody?.(exchange);
      },
      onEnd: ({ fields }) => finish({ trailers: fields }),
      onUpgrade: (found, socket, first) => {
        head = found;
        finish({ upgraded: { socket, first } });
      },
      onFail: (failure) => {
        answered.reject(new Error(failure.detail));
        finish({ failure });
      },
      onWritable: () => {
        room.resolve();
        room = Promise.withResolvers();
      },
    },
  );
  return {
    exchange,
    outcome: () => within(done.promise, 'the end of an exchange'),
    isTold: () => isTold,
    received: () => size,
    head: () => within(answered.promise, 'the head of an answer'),
    writable: () => room.promise,
  };
}
