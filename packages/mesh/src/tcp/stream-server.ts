import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Tunnel, type ByteStream, type Channel, type OnStream, type StreamReceiver } from '@themis-mesh/channel';
import type { Peer } from '@themis-mesh/core';
import type { RequestLog } from '@themis-mesh/telemetry';
import { Binding } from '../world/binding.ts';
import type { Listen } from '../world/listening.ts';
import { ChannelStream } from './channel-stream.ts';
import { TCP_LIMITS } from './limits.ts';
import { LoggedStream } from './logged-stream.ts';
import { NOBODY } from './nothing.ts';

/** Takes one stream, and is to end it. @returns who takes what comes on it */
export type StreamListener = (stream: ByteStream, peer: Peer) => StreamReceiver;

/** A server of raw byte streams, whose every stream has a peer. It knows no streams of Node: for proxies. */
export class MeshStreamServer extends EventEmitter<{ listening: []; close: [] }> {
  protected readonly requests: RequestLog;
  readonly #binding: Binding;
  readonly #onStream: StreamListener;

  constructor(listen: Listen, onStream: StreamListener, requests: RequestLog) {
    super();
    this.#binding = new Binding(listen);
    this.#onStream = onStream;
    this.requests = requests;
  }

  address(): AddressInfo | null {
    return this.#binding.address ?? null;
  }

  /** @param port 0 for any free one. @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID`, `THEMIS_CLOSED` */
  async listen(port: number, host?: string): Promise<AddressInfo> {
    const onChannel = (channel: Channel): void => {
      if (channel.protocol === 'themis/1') this.#serveTunnel(channel);
      else this.takeChannel(channel);
    };
    const protocols = ['themis/1', 'themis-tcp/1'] as const;
    const address = await this.#binding.open({ protocols, port, host, onChannel }, () => this.emit('close'));
    this.emit('listening');
    return address;
  }

  /** Takes no more connections, waits for those that are open, and cuts what is left after 10 seconds. */
  async close(): Promise<void> {
    await this.#binding.close();
  }

  /** Takes a channel of its own (`themis-tcp/1`). */
  protected takeChannel(channel: Channel): void {
    const stream = new ChannelStream(channel, NOBODY);
    const logged = this.#begin(channel, stream);
    stream.receiver = logged;
    this.#tell(logged, channel);
  }

  #serveTunnel(channel: Channel): void {
    const onStream: OnStream = (stream, kind, _block, isEnd) => {
      if (kind !== 'bytes') {
        stream.reset('malformed', 'no raw bytes');
        return NOBODY;
      }
      stream.keepUnread();
      const logged = this.#begin(channel, stream);
      this.#tell(logged, channel);
      if (isEnd) logged.onEnd();
      return logged;
    };
    new Tunnel({ channel, onStream, limits: { streams: TCP_LIMITS.streams } });
  }

  #begin(channel: Channel, stream: ByteStream): LoggedStream {
    const { peer, socket } = channel;
    const open = this.requests.inbound('tcp', peer);
    open.port = socket.localPort;
    return new LoggedStream(open, channel, stream, NOBODY);
  }

  #tell(stream: LoggedStream, { peer }: Channel): void {
    try {
      stream.receiver = this.#onStream(stream, peer);
    } catch (error) {
      stream.reset('broken');
      // As with Node's server it is nobody's to catch; but the tunnel is that of others, too.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
