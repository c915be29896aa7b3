import { ThemisError, type TargetName } from '@themis-mesh/core';
import { Tunnel } from '@themis-mesh/channel';
import type { Target } from '../find/balancer.ts';
import type { Dialer } from '../find/dialer.ts';
import { unlessAborted } from '../find/unless-aborted.ts';

/** How many tunnels to one target are opened, at the most. */
const MOST_TUNNELS = 8;

/** From so many streams on, one tunnel more is opened aside. */
const MANY_STREAMS = 512;

/** How long a tunnel is kept that carries nothing. */
const IDLE_MS = 300_000;

/** The tunnels to one target, for one service that is expected there. */
interface Way {
  readonly tunnels: Set<Tunnel>;
  dialling: Promise<Tunnel> | undefined;
}

/**
 * Few long-lived tunnels, each shared by all that goes to one instance. A tunnel takes nothing new once its channel drains; the
 * next call opens another.
 */
export class TunnelPool {
  readonly #dialer: Dialer;
  /** By the service and the key of the target. The dialer is of one identity, so no call travels under another's. */
  readonly #ways = new Map<TargetName, Map<string, Way>>();
  readonly #unsubscribe: () => void;
  #isRetired = false;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
    this.#unsubscribe = dialer.credentials.onChange(() => this.#leaveOld());
  }

  /**
   * A tunnel with room: at once where there is one, so that a call costs no turn more than it must.
   *
   * @throws ThemisError as `dial` does; the signal's reason
   */
  tunnelTo(service: TargetName, target: Target, signal?: AbortSignal): Tunnel | Promise<Tunnel> {
    const way = this.#ways.get(service)?.get(target.key);
    if (way === undefined) return this.#dialFor(service, target, signal);
    let best: Tunnel | undefined;
    for (const tunnel of way.tunnels) {
      if (!tunnel.hasRoom || tunnel.isStarved || this.#isOld(tunnel)) continue;
      if (best === undefined || tunnel.size < best.size) best = tunnel;
    }
    if (best === undefined) return this.#dialFor(service, target, signal);
    if (best.size >= MANY_STREAMS) this.#dialAside(way, service, target);
    return best;
  }

  /** Begins nothing new, and ends what carries nothing. */
  retire(): void {
    this.#isRetired = true;
    this.#unsubscribe();
    for (const tunnel of this.#tunnels) tunnel.drain();
  }

  /**
   * Our leaf was replaced, and what begins from now on goes under the new one. A tunnel that carries something stays
   * until another is open, and serves where none can be opened.
   */
  #leaveOld(): void {
    for (const tunnel of this.#tunnels) if (tunnel.size === 0) tunnel.drain();
  }

  get #tunnels(): readonly Tunnel[] {
    const ways = [...this.#ways.values()].flatMap((byTarget) => [...byTarget.values()]);
    return ways.flatMap(({ tunnels }) => [...tunnels]);
  }

  #isOld(tunnel: Tunnel): boolean {
    return tunnel.channel.ownSerial !== this.#dialer.credentials.current.serial;
  }

  /** Nobody waits for it; who comes when it is open finds it. */
  #dialAside(way: Way, service: TargetName, target: Target): void {
    if (way.dialling !== undefined || way.tunnels.size >= MOST_TUNNELS) return;
    this.#dial(way, service, target).catch(() => undefined);
  }

  async #dialFor(service: TargetName, target: Target, signal: AbortSignal | undefined): Promise<Tunnel> {
    const byTarget = this.#ways.get(service) ?? new Map<string, Way>();
    const way = byTarget.get(target.key) ?? { tunnels: new Set(), dialling: undefined };
    this.#ways.set(service, byTarget.set(target.key, way));
    for (;;) {
      const dialling = (way.dialling ?? this.#dial(way, service, target)).catch((error: unknown) => {
        for (const tunnel of way.tunnels) if (tunnel.hasRoom) return tunnel;
        throw error;
      });
      const tunnel = await unlessAborted(dialling, signal);
      if (tunnel.hasRoom) return tunnel;
      // Others were quicker, or it was closed since.
      if (way.tunnels.size >= MOST_TUNNELS) throw new ThemisError('THEMIS_NO_INSTANCE', `${service}: all tunnels are full`);
    }
  }

  #dial(way: Way, service: TargetName, target: Target): Promise<Tunnel> {
    const dialling = this.#open(way, service, target).finally(() => {
      way.dialling = undefined;
      this.#forgetIfUnused(way, service, target);
    });
    way.dialling = dialling;
    return dialling;
  }

  async #open(way: Way, service: TargetName, target: Target): Promise<Tunnel> {
    const channel = await this.#dialer.dial(service, 'themis/1', target);
    const { clock } = this.#dialer;
    const tunnel = new Tunnel({ channel, clock });
    way.tunnels.add(tunnel);
    const callOffIdle = this.#endWhenIdle(tunnel);
    await new Promise<void>((resolve) => {
      tunnel.onChange(() => {
        if (tunnel.hasRoom || tunnel.state !== 'open') resolve();
        if (tunnel.state === 'open') return;
        callOffIdle();
        way.tunnels.delete(tunnel);
        this.#forgetIfUnused(way, service, target);
      });
    });
    if (this.#isRetired) tunnel.drain();
    if (tunnel.hasRoom && !this.#isOld(tunnel)) for (const other of way.tunnels) if (this.#isOld(other)) other.drain();
    if (tunnel.state === 'closed') throw new ThemisError('THEMIS_HANDSHAKE_FAILED', `${service} closed the connection`);
    return tunnel;
  }

  /** Looks from time to time, because most tunnels are idle at some moment of each millisecond. */
  #endWhenIdle(tunnel: Tunnel): () => void {
    const { clock } = this.#dialer;
    let wasIdle = false;
    let begun = tunnel.begun;
    const look = (): void => {
      const isIdle = tunnel.size === 0 && tunnel.begun === begun;
      begun = tunnel.begun;
      if (isIdle && wasIdle) tunnel.drain();
      else callOff = clock.after(IDLE_MS / 2, look);
      wasIdle = isIdle;
    };
    let callOff = clock.after(IDLE_MS / 2, look);
    return () => callOff();
  }

  #forgetIfUnused(way: Way, service: TargetName, target: Target): void {
    if (way.tunnels.size > 0 || way.dialling !== undefined) return;
    const byTarget = this.#ways.get(service);
    // It may have been forgotten before, and another have taken its place.
    if (byTarget?.get(target.key) !== way) return;
    byTarget.delete(target.key);
    if (byTarget.size === 0) this.#ways.delete(service);
  }
}
