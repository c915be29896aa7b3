import { MAX_RECORD_BYTES } from '@themis-mesh/core';

/** The version of the protocol: the first byte of each message. */
export const VERSION = 1;

/** The second byte. */
export const TYPE = { ping: 1, find: 2, get: 3, store: 4, watch: 5, nodes: 17, records: 18, stored: 19, refused: 20 } as const;

/** The first byte of a key. */
export const KEY = { history: 1, charter: 2, head: 3, service: 4, instance: 5, instances: 6 } as const;

/** What one message may have at the most: the largest record, a history, sixteen contacts, and what is around them. */
export const MAX_MESSAGE_BYTES = 1_310_720;

/** Before each message on a stream: its length. */
export const PREFIX_BYTES = 4;

/** The most bytes that any record has. */
export const MAX_BLOB_BYTES: number = Math.max(...Object.values<number>(MAX_RECORD_BYTES));
