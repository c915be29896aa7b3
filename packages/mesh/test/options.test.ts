import assert from 'node:assert/strict';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { join, serviceOfHost, type JoinOptions } from '@themis-mesh/mesh';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

test('all mistakes in the options are told together', async () => {
  const wrong = {
    service: 'Not A Name',
    home: '',
    instance: 'has a space',
    policy: { default: 'everybody', allow: 'web', deny: ['web'] },
    leafSeconds: 1,
    advertise: '0.0.0.0',
    strict: 'yes',
    directory: { store: () => undefined },
    limits: { handshakes: 0, channels: 1.5, sockets: 3 },
    clock: {},
    colour: 'blue',
  };
  const error = await rejectsWith(join(wrong as unknown as JoinOptions), 'THEMIS_CONFIG_INVALID');
  for (const mistake of [
    'service:',
    'home:',
    'instance:',
    'policy.default:',
    'policy.allow:',
    'policy.deny:',
    'leafSeconds:',
    'advertise:',
    'strict:',
    'directory:',
    'clock:',
    'colour:',
  ]) {
    assert.ok(error.message.includes(mistake) || error.message.endsWith('…'), `${mistake} in ${error.message}`);
  }
});

test('each mistake is told', async () => {
  await using home = await TestHome.create('web');
  const mistakes: readonly (readonly [object, string])[] = [
    [{ home: 7 }, 'home:'],
    [{ instance: 'x'.repeat(65) }, 'instance:'],
    [{ leafSeconds: 86_401 }, 'leafSeconds:'],
    [{ leafSeconds: 2.5 }, 'leafSeconds:'],
    [{ leafSeconds: '60' }, 'leafSeconds:'],
    [{ leafSeconds: Number.NaN }, 'leafSeconds:'],
    [{ advertise: 'Host' }, 'advertise:'],
    [{ advertise: '::' }, 'advertise:'],
    [{ advertise: '127.1' }, 'advertise:'],
    [{ advertise: 'a:80' }, 'advertise:'],
    [{ strict: 1 }, 'strict:'],
    [{ policy: 'members' }, 'policy:'],
    [{ policy: null }, 'policy:'],
    [{ policy: { allow: ['WEB'] } }, 'policy.allow.0:'],
    [{ policy: { rules: [{ name: 'r', action: 'allow', paths: ['/a*'] }] } }, 'policy.rules.0.paths.0:'],
    [{ port: 0 }, 'port:'],
    [{ limits: 4 }, 'limits:'],
    [{ limits: { handshakeTimeout: -1 } }, 'limits.handshakeTimeout:'],
    [{ limits: { other: 1 } }, 'limits.other:'],
    [{ leafseconds: 60 }, 'leafseconds: there is no such option'],
  ];
  for (const [options, mistake] of mistakes) {
    const error = await rejectsWith(join({ service: 'web', home: home.path, ...options }), 'THEMIS_CONFIG_INVALID');
    assert.ok(error.message.includes(mistake), error.message);
  }
  await rejectsWith(join(undefined as unknown as JoinOptions), 'THEMIS_CONFIG_INVALID');
  for (const service of ['Web', '', 'a_b', undefined, 5]) {
    await rejectsWith(join({ service: service as string, home: home.path }), 'THEMIS_NAME_INVALID');
  }
});

test('what is missing is told by its name', async () => {
  await using home = await TestHome.create('web');
  await rejectsWith(join({ service: 'web', home: `${home.path}/nowhere` }), 'THEMIS_HOME_MISSING');
  await rejectsWith(join({ service: 'orders', home: home.path }), 'THEMIS_IDENTITY_MISSING');
  await mkdir(`${home.path}/empty`, { mode: 0o700 });
  await rejectsWith(join({ service: 'web', home: `${home.path}/empty` }), 'THEMIS_HOME_MISSING');
  await chmod(home.path, 0o755);
  await rejectsWith(join({ service: 'web', home: home.path }), 'THEMIS_KEY_FOLDER_OPEN');
  await chmod(home.path, 0o700);
  await rm(home.home.directory, { recursive: true });
  await home.join('web');
  await rm(home.home.apps, { recursive: true });
  await rm(home.home.directory, { recursive: true, force: true });
  await rejectsWith(join({ service: 'web', home: home.path }), 'THEMIS_DIRECTORY_UNAVAILABLE');
});

test('certificate checks that are switched off end it at once', async () => {
  await using home = await TestHome.create('web');
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await rejectsWith(join({ service: 'web', home: home.path }), 'THEMIS_TLS_UNSAFE');
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
});

test('the home may be named by the environment, and an instance by its program', async () => {
  await using home = await TestHome.create('web');
  process.env['THEMIS_HOME'] = home.path;
  try {
    await using web = await join({ service: 'web', instance: 'blue-1' });
    assert.deepEqual([web.name, web.instance, web.spiffeId], ['web', 'blue-1', `spiffe://${web.id}/i/blue-1`]);
    await using other = await join({ service: 'web' });
    assert.match(other.instance, /^[A-Za-z0-9_-]{12}$/);
  } finally {
    delete process.env['THEMIS_HOME'];
  }
});

test('an instance is found at the address that it advertises', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('here'), { advertise: 'localhost' });
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'here');
});

test('limits of a listener are those that were given', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { server } = await home.serve('payments', (_, response) => response.end(), { limits: { channels: 2 } });
  const { port } = server.address() ?? { port: 0 };
  const open = [await home.channel('web', port), await home.channel('web', port)];
  await rejectsWith(home.channel('web', port), 'THEMIS_HANDSHAKE_FAILED');
  open[0]?.cut();
  await waitFor(
    () =>
      home.channel('web', port).then(
        () => true,
        () => false,
      ),
    'a place to be free again',
  );
});

test('calls in great number at once make few connections', async () => {
  await using home = await TestHome.create('web', 'payments');
  const ports = new Set<number>();
  await home.serve('payments', (request, response) => {
    ports.add(request.socket.remotePort ?? 0);
    response.end('served');
  });
  const web = await home.join('web');
  const calls = Array.from({ length: 1000 }, async () => (await web.fetch('https://payments/')).text());
  assert.ok((await within(Promise.all(calls), 'all of them', 30_000)).every((text) => text === 'served'));
  assert.ok(ports.size <= 200, `${ports.size} connections`);
});

test('a listener of events that throws harms nothing', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh: payments } = await home.serve('payments', (_, response) => response.end('served'));
  const thrown = new Error('a mistake in the program');
  payments.events.once('charter', () => {
    throw thrown;
  });
  const caught = new Promise((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
  });
  await home.add('orders');
  assert.equal(await within(caught, 'the error to come out'), thrown);
  process.setUncaughtExceptionCaptureCallback(null);
  await home.remove('orders');
  await waitFor(() => payments.trust.app.charter.claims.removed.length === 1, 'the news to go on');
});

test('names of hosts are names of services, or none', () => {
  assert.equal(serviceOfHost('payments'), 'payments');
  assert.equal(serviceOfHost('Payments.MESH.internal.'), 'payments');
  assert.equal(serviceOfHost('invoices.billing'), 'invoices.billing');
  assert.equal(serviceOfHost('Invoices.Billing.mesh.internal'), 'invoices.billing');
  const others = [
    '',
    '.',
    'mesh.internal',
    '.mesh.internal',
    'a.b.c',
    'a.b.c.mesh.internal',
    'a..b',
    'a.mesh.internal.evil.com',
    '10.0.0.1',
    '[::1]',
    'a b',
  ];
  for (const host of others) {
    assert.equal(serviceOfHost(host), undefined, host);
  }
});
