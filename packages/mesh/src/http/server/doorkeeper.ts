import { Duplex } from 'node:stream';
import { ERRORS, type Peer } from '@themis-mesh/core';
import type { OpenRequest } from '@themis-mesh/telemetry';
import { timeLeft } from '../../traffic/deadline.ts';
import { Gate, type TurnedAway } from '../../traffic/gate.ts';
import { RequestDeadline } from '../../traffic/request-deadline.ts';
import { ServerResponse, type IncomingMessage } from '../wire/node-http.ts';
import type { TunnelRequestHead } from '../wire/request-head.ts';

const TOO_LATE: TurnedAway = { code: 'THEMIS_DEADLINE_PASSED', status: 504, retryAfter: undefined };

/** Says which answers are the mesh's and not the service's: the code of the reason. */
export const REASON_FIELD = 'x-themis-error';

/** Bytes. */
const SMALL_BODY = 65_536;

/** Where what goes to a request's listener comes from: the response, or the bare connection of an upgrade. */
export type WayBack = ServerResponse | Duplex;

/** Looks at each request before its listener does: whether there is room for it, and whether anybody still waits. */
export class Doorkeeper {
  readonly gate: Gate = new Gate();

  /**
   * @returns the deadline of a request that is let in, or undefined where it has none; false for one that was answered here
   */
  letIn(request: IncomingMessage, peer: Peer, way: WayBack): RequestDeadline | undefined | false {
    const left = timeLeft(request.rawHeaders);
    if (left === undefined && this.gate.isWide) return undefined;
    const now = performance.now();
    const turned = left === 0 ? TOO_LATE : this.gate.admit(peer.name ?? peer.id, now);
    if (turned !== undefined) {
      turnAway(request, way, turned);
      return false;
    }
    const deadline = left === undefined ? undefined : new RequestDeadline(now + left);
    way.once('close', () => {
      this.gate.leave();
      deadline?.over(way.writableFinished);
    });
    return deadline;
  }

  /** The same for a request that came over a tunnel. @returns how one is answered that is turned away */
  letInStream(
    { fields }: Pick<TunnelRequestHead, 'fields'>,
    peer: Peer,
    open: OpenRequest,
  ): RequestDeadline | TurnedAnswer | undefined {
    const left = timeLeft(fields);
    if (left === undefined && this.gate.isWide) return undefined;
    const now = performance.now();
    const turned = left === 0 ? TOO_LATE : this.gate.admit(peer.name ?? peer.id, now);
    if (turned !== undefined) {
      open.refusal = turned.code;
      const body = bodyOf(turned.code);
      return { status: turned.status, body, fields: Object.entries(fieldsOf(turned, body)).flat() };
    }
    const deadline = left === undefined ? undefined : new RequestDeadline(now + left);
    open.onEnd = () => {
      this.gate.leave();
      deadline?.over(open.refusal === undefined);
    };
    return deadline;
  }
}

/** How a request is answered that is turned away. */
export interface TurnedAnswer {
  readonly status: number;
  readonly body: string;
  readonly fields: readonly string[];
}

export function isWayBack(value: unknown): value is WayBack {
  return value instanceof ServerResponse || value instanceof Duplex;
}

function bodyOf(code: TurnedAway['code']): string {
  const { summary, remedy } = ERRORS[code];
  return `${JSON.stringify({ error: code, message: summary, remedy })}\n`;
}

function fieldsOf({ code, retryAfter }: TurnedAway, body: string): Record<string, string> {
  return {
    [REASON_FIELD]: code,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  };
}

function turnAway(request: IncomingMessage, way: WayBack, turned: TurnedAway): void {
  const { code, status } = turned;
  const body = bodyOf(code);
  const fields = fieldsOf(turned, body);
  if ('writeHead' in way) {
    // A small body is read past, so that the connection serves the next request.
    const isSmall = !request.rawHeaders.some((name) => name.toLowerCase() === 'transfer-encoding');
    if (isSmall && Number(request.headers['content-length'] ?? 0) <= SMALL_BODY) request.resume();
    else fields['connection'] = 'close';
    way.writeHead(status, fields);
    way.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  const lines = Object.entries({ ...fields, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  way.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n${body}`);
}

const REASONS: Readonly<Record<TurnedAway['status'], string>> = {
  429: 'Too Many Requests',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
