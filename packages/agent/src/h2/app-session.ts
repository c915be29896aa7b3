import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { PlainPlace } from '../http/plain-upstream.ts';
import { nodeHttp2 } from './node-http2.ts';

/** The connection to an app that speaks HTTP/2 without TLS: one for all callers, made anew when it is over. */
export class AppSession {
  readonly #place: () => PlainPlace;
  #session: ClientHttp2Session | undefined;

  constructor(place: () => PlainPlace) {
    this.#place = place;
  }

  /** One that takes requests. What is asked of it before it is connected waits for that. */
  get current(): ClientHttp2Session {
    const session = this.#session;
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const place = this.#place();
    const fresh = nodeHttp2().connect('http://app', {
      createConnection: () => connectSocket('socketPath' in place ? { path: place.socketPath } : { ...place, noDelay: true }),
      settings: { enablePush: false },
    });
    fresh.on('error', () => undefined);
    this.#session = fresh;
    return fresh;
  }

  close(): void {
    this.#session?.destroy();
  }
}
