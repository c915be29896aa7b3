import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@themis-mesh/testkit';
import { EVERY_COMMAND } from '../src/index.ts';
import { checkFields } from './json-fields.ts';
import { User } from './themis.ts';
import { isAlive, UpProcess } from './up-process.ts';

const NODE = process.execPath;

/** A program that tells when it starts and when it is asked to stop, in a line of YAML. */
const program = (more = ''): string =>
  JSON.stringify([
    NODE,
    '-e',
    `require('node:http').createServer((q, s) => s.end(q.headers['x-themis-caller'] + ' at ' + process.env.PORT)).listen(process.env.PORT, '127.0.0.1');
     console.log('started'); process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); }); ${more}`,
  ]);

test('all services run, in order, and stop the other way round', async (t) => {
  const user = await User.make(t);
  const up = await UpProcess.start(
    t,
    user,
    `app: shop
services:
  web: { command: ${program("console.log('secret ' + process.env.SECRET + ' ' + process.env.URL)")}, port: auto, dependsOn: [prices], env: { SECRET: hunter2, URL: "http://127.0.0.1:{port}/" } }
  prices: { command: ${program()}, port: auto, replicas: 2, dependsOn: [db] }
  db: { command: ${program()}, port: auto }
`,
  );
  const { instances, pid } = await up.ready();
  assert.equal(pid, up.child.pid);
  assert.deepEqual(
    instances.map(({ service, replica, state, restarts }) => `${service}.${replica} ${state} ${restarts}`),
    ['db.1 ready 0', 'prices.1 ready 0', 'prices.2 ready 0', 'web.1 ready 0'],
  );
  for (const { pid: sidecar, app, port, mesh, proxy } of instances) {
    assert.ok(isAlive(sidecar) && isAlive(app) && sidecar !== app);
    assert.equal(new Set([port, mesh, proxy]).size, 3);
  }
  const web = instances.at(-1);
  assert.match(up.linesOf('web').join('\n'), new RegExp(`secret hunter2 http://127.0.0.1:${String(web?.port)}/`));
  assert.ok(!execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes('hunter2'), 'variables are in no argument list');

  assert.equal(await user.must('call', 'prices', '/', '--as', 'web').then((text) => /^web at \d+/.test(text)), true);

  const { fields = [] } = EVERY_COMMAND.get('status') ?? {};
  const printed = await user.json('status');
  assert.ok(checkFields(printed, fields).has('up.instances[].proxy'));
  assert.match(await user.must('status'), /prices\.2 +ready +0 +\d+, sidecar \d+ +plain \d+, mesh \d+, proxy \d+/);

  const second = await user.runProcess(['up']);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /THEMIS_ALREADY_RUNNING/);

  const started = up.text.length;
  up.child.kill('SIGINT');
  assert.equal(await up.end(), 0);
  const order = [...up.text.slice(started).matchAll(/^(\w+)(?:\.\d)? +\| asked to stop$/gm)].map((match) => match[1]);
  assert.deepEqual(order, ['web', 'prices', 'prices', 'db']);
  for (const { pid: sidecar, app } of instances) assert.ok(!isAlive(sidecar) && !isAlive(app));
  assert.equal(await up.status(), undefined);
});

test('what dies is started again', async (t) => {
  const user = await User.withServices(t, 'orders');
  const up = await UpProcess.start(t, user, `services:\n  orders: { command: ${program()}, port: auto }\n`);
  const [before] = (await up.ready()).instances;
  process.kill(before?.app ?? 0, 'SIGKILL');
  const after = await waitFor(
    async () => (await up.status())?.instances.find(({ state, restarts }) => state === 'ready' && restarts === 1),
    'a restart',
  );
  assert.notEqual(after.app, before?.app);
  assert.match(up.text, /orders: ended, and is started again status=137|signal=SIGKILL/);
  assert.match(await user.must('call', 'orders', '/', '--as', 'orders'), /^orders at/);
});

test('what dies again and again is given up, with all others or without', async (t) => {
  const user = await User.withServices(t, 'good', 'bad', 'after');
  const services = `services:
  good: { command: ${program()}, port: auto }
  bad: { command: [${NODE}, -e, "console.error('cannot'); process.exit(3)"], mesh: in-process, port: auto }
  after: { command: ${program()}, port: auto, dependsOn: [bad] }
`;
  const up = await UpProcess.start(t, user, services);
  assert.equal(await up.end(), 1);
  assert.equal(up.linesOf('bad').filter((line) => line === 'cannot').length, 6);
  assert.match(up.text, /bad: died too often within 60 s and is not started again; see its last output above status=3/);
  assert.equal(up.linesOf('good').includes('asked to stop'), true);
  assert.deepEqual(up.linesOf('after'), []);

  const keeping = await UpProcess.start(t, user, services, '--keep-going');
  await waitFor(
    () => keeping.text.includes('after: not started, because what it depends on did not begin'),
    'the end of bad',
    30_000,
  );
  assert.match(await user.must('call', 'good', '/', '--as', 'after'), /^after at/);
  keeping.child.kill('SIGTERM');
  assert.equal(await keeping.end(), 1);
});

test('what is done is done, and what waits for it begins then', async (t) => {
  const user = await User.withServices(t, 'job', 'web');
  const up = await UpProcess.start(
    t,
    user,
    `services:
  job: { command: [${NODE}, -e, "setTimeout(() => console.log('migrated'), 300)"], mesh: in-process, port: auto, restart: never }
  web: { command: ${program()}, port: auto, dependsOn: [job], restart: on-failure }
`,
  );
  await waitFor(() => up.linesOf('web').includes('started'), 'web to start', 30_000);
  assert.ok(up.text.indexOf('migrated') < up.text.indexOf('started'));
  const status = await up.status();
  assert.equal(status?.instances.find(({ service }) => service === 'job')?.state, 'ended');
});

test('a service may be in the mesh by itself', async (t) => {
  const user = await User.withServices(t, 'web', 'plain');
  const script = fileURLToPath(new URL('in-process-service.ts', import.meta.url));
  const up = await UpProcess.start(
    t,
    user,
    `services:
  web: { command: [${NODE}, -C, themis-source, ${script}], mesh: in-process }
  plain: { command: ${program()}, port: auto }
`,
  );
  await waitFor(() => up.linesOf('web').includes('listening'), 'the service to listen', 30_000);
  assert.equal(await user.must('call', 'web', '/', '--as', 'plain'), 'hello plain, no proxy: true');
  up.child.kill('SIGTERM');
  assert.equal(await up.end(), 0);
});

test('nothing is started while anything is wrong, and all of it is told', async (t) => {
  const user = await User.make(t);
  const up = await UpProcess.start(
    t,
    user,
    `services:\n  web: { command: x, port: 0 }\n  Bad: { command: "a|b", port: 1 }\ncolour: red\n`,
  );
  assert.equal(await up.end(), 1);
  assert.deepEqual(up.text.split('\n').slice(0, 4), [
    'themis.yaml:2:28: services.web.port: a port, from 1 to 65535',
    'themis.yaml:3:3: services.Bad: a name: 1 to 40 of a to z, 0 to 9 and inner hyphens',
    'themis.yaml:4:1: colour: no such key',
    'error THEMIS_CONFIG_INVALID',
  ]);
});

test('a home of another app is not touched', async (t) => {
  const user = await User.make(t);
  await user.must('init', '--name', 'bakery');
  const up = await UpProcess.start(t, user, `app: shop\nservices:\n  web: { command: x, port: 1 }\n`);
  assert.equal(await up.end(), 1);
  assert.match(up.text, /THEMIS_HOME_FOREIGN[^]*bakery/);
});

test('a killed up leaves no service behind', async (t) => {
  const user = await User.withServices(t, 'orders');
  const up = await UpProcess.start(t, user, `services:\n  orders: { command: ${program()}, port: auto }\n`);
  const [orders] = (await up.ready()).instances;
  up.child.kill('SIGKILL');
  await up.end();
  await waitFor(() => !isAlive(orders?.pid) && !isAlive(orders?.app), 'the sidecar and its program to end');
  const again = await UpProcess.start(t, user, `services:\n  orders: { command: ${program()}, port: auto }\n`);
  await again.ready();
});
