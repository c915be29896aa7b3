// An app, two services of it, and one call between them: what `themis init`, `themis add` and two programs do, in one file.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { ServiceName } from '@themis-mesh/core';
import { join } from '@themis-mesh/mesh';
import { addService, initApp, openHomeDirectory } from '@themis-mesh/owner';
import { Home } from '@themis-mesh/storage';

const folder = await mkdtemp(joinPath(tmpdir(), 'themis-quick-start-'));
try {
  await makeApp(folder, 'web', 'payments');

  const payments = await join({ service: 'payments', home: folder, policy: { allow: ['web'] } });
  const server = payments.createServer((req, res) => {
    res.end(`charged, ${req.peer.name}`); // who calls was proved before this line
  });
  await new Promise((resolve) => server.listen(0, resolve));
  console.log(`payments listens on port ${server.address().port}, and only web may call it`);

  const web = await join({ service: 'web', home: folder });
  const response = await web.fetch('https://payments/charge', { method: 'POST' });
  console.log(`web calls https://payments/charge: ${response.status} ${await response.text()}`);

  await web.close();
  await payments.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** `themis init`, and `themis add` for each name. */
async function makeApp(folder, ...names) {
  const home = Home.at(folder);
  const now = Math.floor(Date.now() / 1000);
  const { app } = await initApp({ home, now });
  console.log(`app ${app.history.id}`);
  await using directory = openHomeDirectory(home, app.history.id, () => now);
  for (const name of names) {
    const { member } = await addService({ home, directory, now }, ServiceName.parse(name));
    console.log(`service ${name} is ${member.id}`);
  }
}
