import type { OnePlaceOptions } from './one-place.ts';

/**
 * What a package's source may use in named files only, and why it may there.
 *
 * The lint fails for an entry whose file is gone or no longer uses what it was let.
 */
export const PLACES: OnePlaceOptions = {
  'Math.random': [],
  'process.env': [],
  'process.exit': [],
  rejectUnauthorized: [],
  'raw TLS': [],
  'global fetch': [],
};
