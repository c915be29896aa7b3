import { MAX_RECORD_BYTES } from '@themis-mesh/core';

/** The most bytes that a record of any kind takes. */
export const MOST_RECORD_BYTES: number = Math.max(...Object.values(MAX_RECORD_BYTES));

/** How many records an answer may hold. */
export const MOST_RECORDS = 4096;

/** How many records a watcher may say that it holds. */
export const MOST_HAVE = 4096;

/** How long a node keeps a watcher waiting, at the most. Seconds. */
export const MOST_WAIT_SECONDS = 25;

/** What is in a message besides its records: keys, names, and an extension of at most 4 KiB. */
const AROUND = 8192;

/** The most bytes of each request. A larger one is refused before it is read. */
export const REQUEST_BYTES: Readonly<Record<'find' | 'instances' | 'store' | 'watch', number>> = {
  find: AROUND,
  instances: AROUND,
  store: inBase64(MOST_RECORD_BYTES) + AROUND,
  watch: MOST_HAVE * 46 + AROUND,
};

/** The most bytes of each answer. What goes on after them is not read. */
export const ANSWER_BYTES: Readonly<Record<'find' | 'instances' | 'store' | 'watch', number>> = {
  find: 2 * inBase64(MOST_RECORD_BYTES) + AROUND,
  instances: 16_777_216,
  store: inBase64(MOST_RECORD_BYTES) + AROUND,
  watch: 16_777_216,
};

function inBase64(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
