import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { debianProgram, freePort, waitFor } from '@themis-mesh/testkit';
import { run } from '../test/proxy-bed.ts';
import { dialPlain, readUntil } from '../test/raw.ts';
import { TestHome } from '../test/test-home.ts';

/** A program of the PATH, or of the folder where Debian keeps those of PostgreSQL. */
function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

const [INITDB, POSTGRES, PSQL] = ['initdb', 'postgres', 'psql'].map(find);
const noPostgres = INITDB === undefined || POSTGRES === undefined || PSQL === undefined ? 'PostgreSQL is not installed' : false;
const REDIS = debianProgram('redis-server', 'redis-server', process.env);
const noRedis = 'why' in REDIS ? REDIS.why : false;

/** PostgreSQL does not run as root. */
function asSomebody(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })));
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}

/** A folder for a database, and whatever is started on it. */
async function place(
  home: TestHome,
  who: ReturnType<typeof asSomebody> = {},
): Promise<{ readonly folder: string; readonly start: (file: string, args: string[], env?: NodeJS.ProcessEnv) => ChildProcess }> {
  const folder = await mkdtemp(join(tmpdir(), 'themis-database-'));
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  home.onEnd(() => rm(folder, { recursive: true, force: true }));
  return {
    folder,
    start: (file, args, env = process.env) => {
      const child = spawn(file, args, { cwd: folder, stdio: 'ignore', env, ...who });
      home.onEnd(async () => {
        const ended = new Promise((resolve) => child.once('close', resolve));
        if (child.exitCode === null) child.kill('SIGKILL');
        else return;
        await ended;
      });
      return child;
    },
  };
}

/** A forward of `web` to a database behind a sidecar. @returns its port */
async function forwardTo(home: TestHome, port: number): Promise<number> {
  await home.sidecar('db', { port: String(port), protocol: 'tcp' });
  const forward = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${forward}=db`] });
  return forward;
}

test('psql talks to PostgreSQL through two sidecars', { skip: noPostgres, timeout: 120_000 }, async () => {
  await using home = await TestHome.create('db', 'web');
  const { folder, start } = await place(home, asSomebody());
  const data = join(folder, 'data');
  const made = start(INITDB ?? '', ['-D', data, '-U', 'shop', '--auth=trust', '--no-sync', '--locale=C', '-E', 'UTF8']);
  await waitFor(() => made.exitCode !== null, 'initdb', 60_000);
  assert.equal(made.exitCode, 0);
  const port = await freePort();
  start(POSTGRES ?? '', ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off']);
  const forward = await forwardTo(home, port);
  const ask = (sql: string): ReturnType<typeof run> =>
    run(
      PSQL ?? '',
      ['-X', '-A', '-t', '-h', '127.0.0.1', '-p', String(forward), '-U', 'shop', '-d', 'postgres', '-c', sql],
      process.env,
    );
  await waitFor(async () => (await ask('select 1')).out === '1\n', 'PostgreSQL to answer', 30_000);
  assert.equal((await ask('create table t as select g, md5(g::text) m from generate_series(1, 200000) g')).status, 0);
  const { out } = await ask('select count(*), sum(length(m)) from t');
  assert.equal(out, '200000|6400000\n');
  const dump = await ask('select string_agg(m, $$$$ order by g) from t where g <= 20000');
  assert.equal(dump.out.length, 20_000 * 32 + 1);
  const many = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(`select ${index} + count(*) from t`)));
  assert.deepEqual(
    many.map((one) => Number(one.out)),
    Array.from({ length: 8 }, (_, index) => 200_000 + index),
  );
});

test('Redis answers through two sidecars', { skip: noRedis, timeout: 60_000 }, async () => {
  await using home = await TestHome.create('db', 'web');
  const { start } = await place(home);
  const port = await freePort();
  assert.ok('path' in REDIS);
  start(REDIS.path, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], REDIS.env);
  await waitFor(
    () =>
      dialPlain(port).then(
        (socket) => socket.destroy(),
        () => undefined,
      ),
    'Redis to answer',
    20_000,
  );
  const socket = await dialPlain(await forwardTo(home, port));
  const value = 'x'.repeat(1_000_000);
  socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${value.length}\r\n${value}\r\n`);
  await readUntil(socket, '+OK\r\n');
  socket.write('*2\r\n$3\r\nGET\r\n$1\r\nk\r\n');
  assert.equal(await readUntil(socket, `${value}\r\n`), `$${value.length}\r\n${value}\r\n`);
  socket.destroy();
});
