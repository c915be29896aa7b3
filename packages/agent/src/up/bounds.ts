/** The most instances that are started of one service. */
export const MOST_REPLICAS = 100;

/** A day: no time in a configuration is longer. */
export const MOST_SECONDS = 86_400;
