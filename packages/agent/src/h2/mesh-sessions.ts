import type { ClientHttp2Session, ClientHttp2Stream, ClientSessionRequestOptions, OutgoingHttpHeaders } from 'node:http2';
import type { Channel } from '@themis-mesh/channel';
import type { TargetName } from '@themis-mesh/core';
import { HTTP2_LIMITS, type MeshChannels, type Target } from '@themis-mesh/mesh';
import { nodeHttp2 } from './node-http2.ts';

/** A connection that is shared by what goes to one instance. */
export class MeshSession {
  readonly session: ClientHttp2Session;
  readonly ownSerial: string;
  #streams = 0;

  constructor(session: ClientHttp2Session, ownSerial: string) {
    this.session = session;
    this.ownSerial = ownSerial;
  }

  get hasRoom(): boolean {
    return !this.session.closed && !this.session.destroyed && this.#streams < HTTP2_LIMITS.streams;
  }

  request(fields: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.session.request(fields, options);
    this.#streams += 1;
    stream.once('close', () => {
      this.#streams -= 1;
    });
    return stream;
  }
}

/** How long one is kept that carries nothing. Milliseconds. */
const IDLE_MS = 300_000;

/**
 * Connections of HTTP/2 to the instances of services: few, and shared. One takes nothing new once its channel drains, or our leaf
 * was replaced; what it carries ends on it.
 */
export class MeshSessions {
  readonly #channels: MeshChannels;
  readonly #held = new Map<string, Set<MeshSession>>();
  readonly #opening = new Map<string, Promise<MeshSession>>();
  readonly #unsubscribe: () => void;

  constructor(channels: MeshChannels) {
    this.#channels = channels;
    this.#unsubscribe = channels.credentials.onChange(() => {
      for (const held of this.#all()) held.session.close();
    });
  }

  /** One that takes a request now. @throws ThemisError as `Mesh.dial` does */
  async to(service: TargetName, target: Target): Promise<MeshSession> {
    const key = `${service} ${target.key}`;
    for (;;) {
      const held = this.#free(key) ?? (await this.#open(key, service, target));
      // Others may have waited for the same one.
      if (held.hasRoom) return held;
    }
  }

  close(): void {
    this.#unsubscribe();
    for (const { session } of this.#all()) session.destroy();
  }

  #all(): readonly MeshSession[] {
    return [...this.#held.values()].flatMap((set) => [...set]);
  }

  #free(key: string): MeshSession | undefined {
    for (const held of this.#held.get(key) ?? []) if (held.hasRoom && this.#isCurrent(held)) return held;
    return undefined;
  }

  #isCurrent({ ownSerial }: MeshSession): boolean {
    return ownSerial === this.#channels.credentials.current.serial;
  }

  #open(key: string, service: TargetName, target: Target): Promise<MeshSession> {
    const opening = this.#opening.get(key) ?? this.#dial(key, service, target).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #dial(key: string, service: TargetName, target: Target): Promise<MeshSession> {
    const channel = await this.#channels.openTo(service, 'themis-h2/1', target);
    const session = sessionOver(channel, service);
    const held = new MeshSession(session, channel.ownSerial);
    const set = this.#held.get(key) ?? new Set();
    this.#held.set(key, set.add(held));
    session.once('close', () => {
      set.delete(held);
      if (set.size === 0 && this.#held.get(key) === set) this.#held.delete(key);
    });
    return held;
  }
}

function sessionOver(channel: Channel, service: TargetName): ClientHttp2Session {
  const session = nodeHttp2().connect(`http://${service}`, {
    createConnection: () => channel.socket,
    settings: { enablePush: false },
  });
  session.on('error', () => undefined);
  session.setTimeout(IDLE_MS, () => session.close());
  channel.onState((state) => {
    if (state.is === 'draining') session.close();
    if (state.is === 'closed') session.destroy();
  });
  return session;
}
