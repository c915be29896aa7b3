import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { AnswersUnderWay } from './answers-under-way.ts';
import { answerError, answerFault } from './error-response.ts';
import { lastResponse, relay, relayUpgrade, type Onward } from './relay.ts';
import { faultOf } from './request-fault.ts';
import { isWebSocket } from './upgrade.ts';

/** For every server whose requests are passed on. */
export const STRICT: ServerOptions = {
  insecureHTTPParser: false,
  // Node would refuse a request without Host and carry out the one behind it: see faultOf.
  requireHostHeader: false,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  // A body may take as long as its sender likes, while it sends: see Guards.
  requestTimeout: 0,
  shouldUpgradeCallback: isWebSocket,
};

export interface Serving {
  /** What stands in the request line: see {@link faultOf}. */
  readonly form: 'origin' | 'proxy';
  /** Whether the caller may ask at all; asked before anything else. Answers by itself where not. Default: everybody may. */
  readonly admits?: (request: IncomingMessage, refuse: () => ServerResponse) => boolean;
  /** Where a request goes. @throws ThemisError to answer with */
  readonly route: (request: IncomingMessage) => Onward | Promise<Onward>;
  /** Takes CONNECT. Default: it is refused. */
  readonly connect?: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** Has a server, made with {@link STRICT}, pass on its requests. */
export function serve(server: Server, { form, admits = () => true, route, connect = refuseConnect }: Serving): void {
  // Node counts fields beyond its limit for the framing but does not show them (CVE-2026-58044): all are shown, and counted here.
  server.maxHeadersCount = 0;
  const condemned = new WeakSet<Duplex>();
  const answers = new AnswersUnderWay();

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // One after the other, whatever their methods: who sends two at once means the first to be carried out before the second
    // (RFC 9112 section 9.3.2).
    const before = answers.end(request.socket);
    answers.add(request.socket, response);
    // What follows a request with a fault is perhaps no request: where it begins was in doubt.
    if (condemned.has(request.socket)) return;
    if (!admits(request, () => response)) return;
    const fault = faultOf(request, form);
    if (fault !== undefined) {
      condemned.add(request.socket);
      answerFault(response, fault);
      return;
    }
    const routing = before === undefined ? routed(route, request) : before.then(() => routed(route, request));
    routing.then(
      (onward) => relay(request, response, onward),
      (error: unknown) => {
        answerError(response, error);
      },
    );
  };

  server.on('request', onRequest);
  // Whether to go on is the callee's to say: its interim answer is passed back.
  server.on('checkContinue', onRequest);
  // As Node does by itself (RFC 9110 section 10.1.1), but counted.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    answers.add(request.socket, response);
    response.writeHead(417);
    response.end();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    if (condemned.has(socket) || answers.has(socket)) {
      socket.destroy();
      return;
    }
    if (!admits(request, () => lastResponse(request, socket))) return;
    const fault = faultOf(request, form);
    if (fault !== undefined) {
      answerFault(lastResponse(request, socket), fault);
      return;
    }
    routed(route, request).then(
      (onward) => relayUpgrade(request, socket, head, onward),
      (error: unknown) => {
        answerError(lastResponse(request, socket), error);
      },
    );
  });
  // Node's types ask for a Duplex, and give a net.Socket.
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    if (condemned.has(socket) || answers.has(socket)) socket.destroy();
    else connect(request, socket, head);
  });
}

function refuseConnect(request: IncomingMessage, socket: Socket): void {
  answerFault(lastResponse(request, socket), { status: 405, detail: 'CONNECT' });
}

async function routed(route: Serving['route'], request: IncomingMessage): Promise<Onward> {
  try {
    return await route(request);
  } catch (error) {
    throw ThemisError.is(error) ? error : new ThemisError('THEMIS_CONNECTION_LOST', 'unexpectedly', { cause: error });
  }
}
