/** What strangers may take of a listener before they have proved who they are, and all together afterwards. */
export interface ListenerLimits {
  /** Connections at one time that are not admitted: in their handshake, or reading why they were refused. Default 512. */
  readonly handshakes: number;
  /** The same from one IPv4 /24 or IPv6 /48 network. Default 256. */
  readonly handshakesPerNetwork: number;
  /** Until a handshake is done. Milliseconds. Default 5000. */
  readonly handshakeTimeout: number;
  /** Open channels. Beyond it a connection is closed as it begins, so that its dialler tries another instance. Default 10,000. */
  readonly channels: number;
  /** Open channels with one identity, so that none takes all the places. Default 4000. */
  readonly channelsPerPeer: number;
}

export const DEFAULT_LIMITS: ListenerLimits = Object.freeze({
  handshakes: 512,
  handshakesPerNetwork: 256,
  handshakeTimeout: 5000,
  channels: 10_000,
  channelsPerPeer: 4000,
});
