import { plainEntry, type Contender } from './contender.ts';

/** No proxy and no encryption: what the load and the origin reach by themselves. */
export const DIRECT: Contender = {
  name: 'direct',
  kind: 'direct',
  carries: ['tcp', 'http'],
  notes: ['no proxy, no encryption'],
  start: async ({ origin }) => ({
    entry: plainEntry(origin.port),
    client: () => [],
    server: () => [],
    tlsPort: undefined,
    stop: async () => undefined,
  }),
};
