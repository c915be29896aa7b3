import { connect, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net';
import type { PlainPlace } from '../http/plain-upstream.ts';

/** Where an app listens, as its user says it. */
export type AppOption = { readonly port: number } | { readonly socket: string };

/** Loopback in both families: what a program calls `localhost` may be either. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Where an app was last seen to answer. */
export class AppPlace {
  readonly #places: readonly PlainPlace[];
  #current: PlainPlace;

  constructor(option: AppOption) {
    this.#places = 'port' in option ? LOOPBACK.map((host) => ({ host, port: option.port })) : [{ socketPath: option.socket }];
    this.#current = this.#places[0] ?? { socketPath: '' };
  }

  get current(): PlainPlace {
    return this.#current;
  }

  /** For a message: `port 8080`, or the path of its socket. */
  get description(): string {
    return 'port' in this.#current ? `port ${this.#current.port}` : this.#current.socketPath;
  }

  /** Tries each place it may be at. @returns whether it answered at one, which is then the current one */
  async find(answers: (place: PlainPlace) => Promise<boolean>): Promise<boolean> {
    for (const place of [this.#current, ...this.#places.filter((other) => other !== this.#current)]) {
      if (!(await answers(place))) continue;
      this.#current = place;
      return true;
    }
    return false;
  }
}

/** Opens a connection to an app. Whoever asks for it ends it. @throws the system's error */
export function connectTo(place: PlainPlace, signal?: AbortSignal): Promise<Socket> {
  const socket = connectingTo(place, signal);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

/** A connection to an app that is being opened. @param onread takes what comes, instead of the socket's stream */
export function connectingTo(place: PlainPlace, signal?: AbortSignal, onread?: OnReadOpts): Socket {
  const options: NetConnectOpts = 'socketPath' in place ? { path: place.socketPath } : { host: place.host, port: place.port };
  return connect({ ...options, allowHalfOpen: true, noDelay: true, ...(signal && { signal }), ...(onread && { onread }) });
}
