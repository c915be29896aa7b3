/** Which way a request goes, seen from the member that tells of it. */
export const DIRECTIONS = ['inbound', 'outbound'] as const;

/** One of {@link DIRECTIONS}. */
export type Direction = (typeof DIRECTIONS)[number];
