import type { IncomingMessage, InformationEvent } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { Target } from '../../find/balancer.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { discardBody } from '../wire/discard-body.ts';
import { frame } from '../wire/framing.ts';
import type { MeshRequest, MeshResponse } from '../message.ts';
import { MessageResponse } from './message-response.ts';
import { request as httpRequest } from '../wire/node-http.ts';
import { Upload } from './upload.ts';

/**
 * Sends a request over HTTP/1.1 on a channel of its own, by Node's client: what asks for another protocol, and instances that
 * have no tunnels.
 *
 * @param onConnection hears whether it goes over a connection that has carried others before
 */
export function callOverHttp1(
  agent: ChannelAgent,
  request: MeshRequest,
  target: Target,
  onConnection: (isKept: boolean) => void,
): Promise<MeshResponse> {
  const { service, method, path, body, trailers, onInformation, signal } = request;
  const { fields: headers, declared } = frame(request);
  return new Promise((resolve, reject) => {
    const route = agent.route(service, target, signal);
    const asked = httpRequest({ agent, method, path, headers, insecureHTTPParser: false, ...route });
    const upload = body instanceof Readable ? new Upload(body, asked, { declared, trailers }) : undefined;
    let message: IncomingMessage | undefined;
    let isSettled = false;
    const onAbort = (): void => {
      (message ?? asked).destroy(errorOf(signal?.reason, service));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    asked.once('socket', () => {
      onConnection(asked.reusedSocket);
      upload?.start();
    });
    if (onInformation !== undefined) {
      asked.on('information', ({ statusCode, rawHeaders }: InformationEvent) => onInformation(statusCode, rawHeaders));
    }
    asked.once('response', (answer: IncomingMessage) => {
      message = answer;
      isSettled = true;
      agent.noteAnswer(answer);
      resolve(new MessageResponse(answer));
    });
    asked.once('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      isSettled = true;
      resolve(new MessageResponse(answer, { socket, head }));
    });
    asked.on('error', (error: Error) => {
      const isOwn = upload?.failure === error || signal?.aborted === true;
      const failure = isOwn ? error : agent.explain(error, asked, service);
      isSettled = true;
      reject((signal?.aborted === true ? signal.reason : failure) as Error);
      message?.destroy(failure);
    });
    asked.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      upload?.end();
      if (message !== undefined && body instanceof Readable) discardBody(body);
      // A CONNECT that nobody took up ends so, for one.
      if (!isSettled) reject(new ThemisError('THEMIS_CONNECTION_LOST', `to ${service}: closed without an answer`));
    });
    if (upload === undefined) asked.end(body);
    else asked.flushHeaders();
  });
}

/** A signal's reason may be anything; what streams are destroyed with is an error. */
function errorOf(reason: unknown, service: TargetName): Error {
  return reason instanceof Error ? reason : new ThemisError('THEMIS_ABORTED', `the call of ${service}`, { cause: reason });
}
