import type { ByteStream, StreamReceiver } from '@themis-mesh/channel';

/** Stands where nobody reads yet, or does not any more. */
export const NOBODY: StreamReceiver = Object.freeze({
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
});

/** Stands where there is no stream yet: what is written to it has to be kept by whoever writes. */
export const NOWHERE: ByteStream = Object.freeze({
  write: () => false,
  end: () => undefined,
  reset: () => undefined,
  consumed: () => undefined,
  keepUnread: () => undefined,
});
