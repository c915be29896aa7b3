import type { Socket } from 'node:net';
import type { TargetName } from '@themis-mesh/core';
import type { Channel, CredentialSource, Protocol } from '@themis-mesh/channel';
import type { Target } from './find/balancer.ts';
import type { Meeting } from './find/dialer.ts';
import type { Guide } from './traffic/guide.ts';
import type { ServerGround } from './http/server/mesh-server.ts';

/** What a package needs that brings a client and a server of its own, as that of gRPC does: channels, and where they lead. */
export interface MeshChannels {
  /** The leaf of the moment. A connection that may be shared is one that was made with it. */
  readonly credentials: CredentialSource;
  /** What a server needs: listeners that the directory knows of, what the policies say of requests, where requests are logged. */
  readonly serving: ServerGround;
  /** What the rules want of each call. */
  readonly guide: Guide;
  /** Opens a channel to an instance of a service. @throws ThemisError as `Mesh.dial` does */
  open(service: string, protocol: Protocol, signal?: AbortSignal): Promise<Channel>;
  /** Opens a channel to one instance, and expects the service there. @throws ThemisError as `Mesh.dial` does */
  openTo(service: TargetName, protocol: Protocol, target: Target, signal?: AbortSignal): Promise<Channel>;
  /** The instances of a service that speak a protocol. @throws ThemisError as `Mesh.dial` does */
  targets(service: TargetName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]>;
  /**
   * Makes a TCP connection that is open already a channel, and expects an instance of the service there.
   *
   * @throws ThemisError as `Mesh.dial` does; `THEMIS_NO_INSTANCE` where no instance is known at its address
   */
  secure(service: string, protocol: Protocol, over: Socket): Promise<Channel>;
  /**
   * Tells of the instances of a service that speak one of the protocols: as soon as any are known, and after each look.
   *
   * @returns a function that ends it
   */
  follow(service: string, protocols: readonly Protocol[], follower: Follower): () => void;
  /** Opens a channel to an address, whoever is there by name. @throws ThemisError as `Mesh.dial` does */
  meet(meeting: Meeting): Promise<Channel>;
  /** Asks the directory anew, and tells whoever follows. Does not throw. */
  refresh(service: string): Promise<void>;
}

/** Hears of the instances of a service. */
export interface Follower {
  readonly onTargets: (targets: readonly Target[]) => void;
  /** There is no such service, or nobody who knows it. It goes on: the next look may find it. */
  readonly onFailure: (error: unknown) => void;
}
