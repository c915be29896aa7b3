/** The packages, lowest first. A package imports from earlier rows only: neither from its own nor from a later one. */
export const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['storage'],
  ['directory', 'channel', 'telemetry'],
  ['directory-http', 'directory-kad', 'directory-nats'],
  ['owner'],
  ['testkit'],
  ['mesh'],
  ['grpc', 'node'],
  ['agent'],
  ['cli'],
];

/**
 * The parts of Node.js that core may use: core decides, and reaches for no socket, file, timer or clock. Of `node:net` that is
 * `isIP`.
 */
export const CORE_BUILTINS: readonly string[] = ['node:buffer', 'node:crypto', 'node:net'];

/** Names that say nothing about what is inside. */
export const EMPTY_NAMES: readonly string[] = ['util', 'utils', 'helper', 'helpers', 'common', 'misc'];
