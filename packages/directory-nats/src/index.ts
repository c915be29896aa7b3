export { openNatsAddress, openNatsDirectory } from './open.ts';
export type { NatsCredentials, NatsDirectoryOptions, NatsTls } from './options.ts';
export { isNatsUrl, parseNatsUrl, type NatsPlace } from './nats-url.ts';
