import type { Socket } from 'node:net';
import type { Channel, Protocol } from '@themis-mesh/channel';
import type { TargetName } from '@themis-mesh/core';
import type { MeshChannels, Target } from '@themis-mesh/mesh';
import { CallSelector } from './call-selector.ts';

/** What a connection of gRPC may speak, the preferred first: with the accepter's answer, and without. */
export const PROTOCOLS: readonly Protocol[] = ['themis-h2/1', 'h2'];

/**
 * The way to one service: its instances, those of others to which its rules lead, and when connections to them have to be made
 * anew.
 */
export class Route {
  readonly service: TargetName;
  /** What the rules want of each call. One for all clients, because gRPC shares connections between those alike. */
  readonly selector: CallSelector;
  readonly #channels: MeshChannels;
  readonly #renewals = new Set<() => void>();
  readonly #targets = new Map<TargetName, readonly Target[]>();
  #renewed = 0;

  constructor(channels: MeshChannels, service: TargetName) {
    this.#channels = channels;
    this.service = service;
    this.selector = new CallSelector(channels.guide, service);
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

  /** Tells of a service's instances, now and after each change. @returns a function that ends it */
  follow(service: TargetName, onTargets: (targets: readonly Target[]) => void, onFailure: (error: unknown) => void): () => void {
    const hear = (targets: readonly Target[]): void => {
      this.#targets.set(service, targets);
      onTargets(targets);
    };
    return this.#channels.follow(service, PROTOCOLS, { onTargets: hear, onFailure });
  }

  async refresh(): Promise<void> {
    await Promise.all([this.service, ...this.#targets.keys()].map((service) => this.#channels.refresh(service)));
  }

  /** Makes a TCP connection to an instance a channel. @throws ThemisError as `Mesh.dial` does */
  async secure(over: Socket): Promise<Channel> {
    const { service, target } = this.#placeOf(over);
    const protocol = PROTOCOLS.find((name) => target?.endpoint.alpn.includes(name)) ?? 'themis-h2/1';
    const channel = await this.#channels.secure(service, protocol, over);
    channel.onState((state) => {
      if (state.is === 'draining') this.#renew();
    });
    return channel;
  }

  /** Who is believed to be at the other end; who is, the handshake proves. */
  #placeOf({ remotePort }: Socket): { readonly service: TargetName; readonly target?: Target } {
    for (const [service, targets] of this.#targets) {
      const target = targets.find(({ endpoint }) => endpoint.port === remotePort);
      if (target !== undefined) return { service, target };
    }
    return { service: this.service };
  }

  #renew(): void {
    this.#renewed += 1;
    for (const listener of [...this.#renewals]) listener();
  }
}
