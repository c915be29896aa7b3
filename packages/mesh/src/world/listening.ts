import type { AddressInfo } from 'node:net';
import type { Channel, Protocol } from '@themis-mesh/channel';

/** What a server of a mesh asks for. */
export interface ListenWish {
  readonly protocols: readonly Protocol[];
  /** 0 for any free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host: string | undefined;
  readonly onChannel: (channel: Channel) => void;
  /** Ends connections that carry nothing. Called while the listener closes, after callers had time to hear of it. */
  readonly closeIdle?: () => void;
}

/** A listener that the directory knows of. */
export interface Listening {
  readonly address: AddressInfo;
  /** Resolves when it is closed, by whoever closed it. */
  readonly closed: Promise<void>;
  /** Tells the directory, drains what is open, and resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Opens a listener and publishes it.
 *
 * @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CLOSED`; `THEMIS_CONFIG_INVALID` for an address that is not of this
 * machine, and for one that others could not dial
 */
export type Listen = (wish: ListenWish) => Promise<Listening>;
