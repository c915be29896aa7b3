import { ThemisError, type Address, type IdentityId, type Peer, type Refusal } from '@themis-mesh/core';
import { Tunnel, type Authorizer, type Clock } from '@themis-mesh/channel';
import type { MeshChannels } from '@themis-mesh/mesh';

/** How long a tunnel is kept that carries nothing. */
const IDLE_MS = 60_000;

/** How long a connection may take to be made. Whoever asked by it has given up by then, and another may get through. */
const DIAL_MS = 4_000;

/** How many tunnels are open at a time, at the most. The one that was used longest ago goes first. */
const MOST_TUNNELS = 512;

export interface NodeTunnelsOptions {
  readonly channels: Pick<MeshChannels, 'meet'>;
  /** Who may be met: whoever may run nodes. */
  readonly expect: Authorizer;
  readonly clock: Clock;
  /** Hears of a tunnel that ended by itself: whoever was there may be gone. */
  readonly onLost: (identity: IdentityId, address: Address) => void;
}

/** A tunnel, and whether it was used since it was looked at last. */
interface Kept {
  readonly tunnel: Tunnel;
  wasUsed: boolean;
}

/** Tunnels to other nodes: one for each identity and address, dialled when it is needed, kept while it is used. */
export class NodeTunnels {
  readonly #options: NodeTunnelsOptions;
  readonly #open = new Map<string, Kept>();
  readonly #dialling = new Map<string, Promise<Tunnel>>();
  #isClosed = false;

  constructor(options: NodeTunnelsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A tunnel with room to one identity: at once where there is one. @throws ThemisError as `Mesh.dial` does */
  to(identity: IdentityId, address: Address): Tunnel | Promise<Tunnel> {
    const place = placeOf(identity, address);
    const kept = this.#open.get(place);
    if (kept?.tunnel.hasRoom === true) {
      kept.wasUsed = true;
      return kept.tunnel;
    }
    const dialling =
      this.#dialling.get(place) ?? this.#dial(address, expectIdentity(identity)).finally(() => this.#dialling.delete(place));
    this.#dialling.set(place, dialling);
    return dialling;
  }

  /** A tunnel to whoever is at an address, if it is one that may run nodes. @throws ThemisError as `Mesh.dial` does */
  async meet(address: Address): Promise<Tunnel> {
    return this.#dial(address, this.#options.expect);
  }

  /**
   * Uses a tunnel no more over which nothing comes: behind a network that was away, what TCP sends again may take half a
   * minute to come through, and a new connection does at once.
   */
  giveUp(tunnel: Tunnel): void {
    for (const [place, kept] of this.#open) if (kept.tunnel === tunnel) this.#open.delete(place);
    tunnel.drain();
  }

  /** Begins nothing more, and ends what is open. */
  close(): void {
    this.#isClosed = true;
    for (const { tunnel } of this.#open.values()) tunnel.drain();
  }

  async #dial(address: Address, expect: Authorizer): Promise<Tunnel> {
    if (this.#isClosed) throw new ThemisError('THEMIS_CLOSED', `the node, asked for ${address.host}:${address.port}`);
    const { channels, clock } = this.#options;
    const late = new AbortController();
    const callOff = clock.after(DIAL_MS, () => late.abort());
    try {
      const channel = await channels.meet({ address, protocol: 'themis/1', expect, signal: late.signal });
      const tunnel = new Tunnel({ channel, clock });
      await untilReady(tunnel);
      this.#keep(tunnel, address);
      return tunnel;
    } finally {
      callOff();
    }
  }

  #keep(tunnel: Tunnel, address: Address): void {
    const { id } = tunnel.channel.peer;
    const place = placeOf(id, address);
    const before = this.#open.get(place);
    const kept: Kept = { tunnel, wasUsed: true };
    this.#open.delete(place);
    this.#open.set(place, kept);
    before?.tunnel.drain();
    const callOff = this.#endWhenIdle(kept);
    tunnel.onChange(() => {
      if (tunnel.state === 'open') return;
      callOff();
      const wasCurrent = this.#open.get(place) === kept;
      if (wasCurrent) this.#open.delete(place);
      if (wasCurrent && tunnel.state === 'closed' && !this.#isClosed) this.#options.onLost(id, address);
    });
    if (this.#open.size > MOST_TUNNELS) this.#endOldest();
    if (this.#isClosed) tunnel.drain();
  }

  #endOldest(): void {
    for (const { tunnel } of this.#open.values()) {
      if (tunnel.size > 0) continue;
      tunnel.drain();
      return;
    }
  }

  #endWhenIdle(kept: Kept): () => void {
    const { clock } = this.#options;
    const look = (): void => {
      if (!kept.wasUsed && kept.tunnel.size === 0) {
        kept.tunnel.drain();
        return;
      }
      kept.wasUsed = false;
      callOff = clock.after(IDLE_MS, look);
    };
    let callOff = clock.after(IDLE_MS, look);
    return () => callOff();
  }
}

function placeOf(identity: IdentityId, { host, port }: Address): string {
  return `${identity}@${host}:${port}`;
}

function expectIdentity(identity: IdentityId): Authorizer {
  return ({ id }: Peer): Refusal | undefined =>
    id === identity ? undefined : { code: 'member-name', detail: `${id}, expected was ${identity}` };
}

/** Resolves when the other side has said what it takes. */
function untilReady(tunnel: Tunnel): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (tunnel.hasRoom) resolve();
      else if (tunnel.state !== 'open') reject(new ThemisError('THEMIS_HANDSHAKE_FAILED', 'the node closed the connection'));
      else return;
      leave();
    };
    const leave = tunnel.onChange(look);
    look();
  });
}
