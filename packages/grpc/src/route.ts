import type { Socket } from 'node:net';
import type { Channel, Protocol } from '@themis-mesh/channel';
import type { MeshChannels, Target } from '@themis-mesh/mesh';

/** What a connection of gRPC may speak, the preferred first: with the accepter's answer, and without. */
export const PROTOCOLS: readonly Protocol[] = ['themis-h2/1', 'h2'];

/** The way to one service: its instances, and when connections to them have to be made anew. */
export class Route {
  readonly #channels: MeshChannels;
  readonly #service: string;
  readonly #renewals = new Set<() => void>();
  #targets: readonly Target[] = [];
  #renewed = 0;

  constructor(channels: MeshChannels, service: string) {
    this.#channels = channels;
    this.#service = service;
    channels.credentials.onChange(() => {
      this.#renew();
    });
  }

  /**
   * Names the connections that may be shared. It changes with our leaf, and when a connection nears its end, so that new
   * calls go over new connections before the old ones are over.
   */
  get epoch(): string {
    return `${this.#channels.credentials.current.serial}.${this.#renewed}`;
  }

  /** @returns a function that ends the subscription */
  onRenewal(listener: () => void): () => void {
    this.#renewals.add(listener);
    return () => this.#renewals.delete(listener);
  }

  /** Tells of the instances, now and after each change. @returns a function that ends it */
  follow(onTargets: (targets: readonly Target[]) => void, onFailure: (error: unknown) => void): () => void {
    const hear = (targets: readonly Target[]): void => {
      this.#targets = targets;
      onTargets(targets);
    };
    return this.#channels.follow(this.#service, PROTOCOLS, { onTargets: hear, onFailure });
  }

  refresh(): Promise<void> {
    return this.#channels.refresh(this.#service);
  }

  /** Makes a TCP connection to an instance a channel. @throws ThemisError as `Mesh.dial` does */
  async secure(over: Socket): Promise<Channel> {
    const target = this.#targets.find(({ endpoint }) => endpoint.port === over.remotePort);
    const protocol = PROTOCOLS.find((name) => target?.endpoint.alpn.includes(name)) ?? 'themis-h2/1';
    const channel = await this.#channels.secure(this.#service, protocol, over);
    channel.onState((state) => {
      if (state.is === 'draining') this.#renew();
    });
    return channel;
  }

  #renew(): void {
    this.#renewed += 1;
    for (const listener of [...this.#renewals]) listener();
  }
}
