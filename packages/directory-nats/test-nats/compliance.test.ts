import { openNatsDirectory } from '@themis-mesh/directory-nats';
import { testDirectory } from '@themis-mesh/testkit';
import { NatsServer } from './nats-server.ts';
import { onEachServer } from './servers.ts';

onEachServer('the directory on a nats-server', (path) => {
  testDirectory('nats', async (t) => {
    const server = await NatsServer.start(path);
    t.after(() => server[Symbol.asyncDispose]());
    return (options) => openNatsDirectory({ ...options, servers: server.url });
  });
});
