import { suite } from 'node:test';
import { openNatsDirectory } from '@themis-mesh/directory-nats';
import { testDirectory } from '@themis-mesh/testkit';

import { NatsServer } from './nats-server.ts';
import { currentServer, debianServer } from './programs.ts';

for (const [name, program] of [
  ['debian', debianServer()],
  ['current', currentServer()],
] as const) {
  const why = 'why' in program ? program.why : false;
  const [path, version] = 'why' in program ? ['', ''] : [program.path, program.version];
  suite(`the directory on ${name}'s nats-server ${version}`, { skip: why }, () => {
    testDirectory(`nats ${version}`, async (t) => {
      const server = await NatsServer.start(path);
      t.after(() => server[Symbol.asyncDispose]());
      return (options) => openNatsDirectory({ ...options, servers: server.url });
    });
  });
}
