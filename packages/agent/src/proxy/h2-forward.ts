import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TargetName } from '@themis-mesh/core';
import { limitedOptions, type Mesh } from '@themis-mesh/mesh';
import { relayToMesh } from '../h2/mesh-call.ts';
import { MeshSessions } from '../h2/mesh-sessions.ts';
import { nodeHttp2 } from '../h2/node-http2.ts';
import type { Guards } from '../tcp/guards.ts';
import { listenOn } from '../tcp/listen-on.ts';

export interface H2ForwardOptions {
  /** On loopback; 0 for any free one. */
  readonly port: number;
  readonly service: TargetName;
  readonly mesh: Pick<Mesh, 'channels'>;
  readonly guards: Guards;
}

/**
 * A port of loopback on which a service of the mesh answers in HTTP/2 without TLS, begun at once (RFC 9113 section 3.3), as
 * clients of gRPC do: each request goes to whichever instance is well. Whoever can reach loopback can use it.
 */
export class H2Forward {
  readonly #server: Http2Server;
  readonly #sessions: MeshSessions;
  readonly #open = new Set<ServerHttp2Session>();

  private constructor({ service, mesh, guards }: Omit<H2ForwardOptions, 'port'>) {
    const { channels } = mesh;
    this.#sessions = new MeshSessions(channels);
    this.#server = nodeHttp2().createServer(limitedOptions({}));
    this.#server.on('session', (session) => {
      this.#open.add(session);
      session.on('error', () => undefined);
      session.once('close', () => this.#open.delete(session));
    });
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      if (headers[':method'] === 'CONNECT') stream.respond({ ':status': 405 }, { endStream: true });
      else void relayToMesh(stream, headers, { service, channels, sessions: this.#sessions });
    });
    guards.bytes(this.#server, 'forward');
  }

  /** @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID */
  static async listen({ port, ...options }: H2ForwardOptions): Promise<H2Forward> {
    const forward = new H2Forward(options);
    await listenOn(forward.#server, { host: '127.0.0.1', port });
    return forward;
  }

  get port(): number {
    // It listens on a port from the moment on in which it can be had.
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const session of this.#open) session.destroy();
    this.#sessions.close();
    await closed;
  }
}
