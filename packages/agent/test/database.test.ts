import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '@themis-mesh/testkit';
import { dialPlain } from './raw.ts';
import { TestHome } from './test-home.ts';

const run = promisify(execFile);

/** A database starts under no superuser of the system. */
function userOf(name: string): { readonly uid: number; readonly gid: number } | undefined {
  const id = (option: string): number => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function whyNot(): string | false {
  try {
    for (const program of ['initdb', 'postgres', 'psql']) execFileSync(program, ['--version'], { stdio: 'ignore' });
    if (process.getuid?.() === 0) userOf('postgres');
    return false;
  } catch {
    return 'PostgreSQL is not installed';
  }
}

async function startDatabase(home: TestHome): Promise<number> {
  const user = process.getuid?.() === 0 ? userOf('postgres') : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'themis-postgres-'));
  home.onEnd(() => rm(folder, { recursive: true, force: true }));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const as = { ...user, cwd: folder };
  await run('initdb', ['-D', data, '-A', 'trust', '-U', 'themis', '--no-sync'], as);
  const port = await freePort();
  const words = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-c', 'fsync=off'];
  const server = spawn('postgres', words, { ...as, stdio: 'ignore' });
  const ended = once(server, 'exit');
  home.onEnd(async () => {
    server.kill('SIGINT');
    await ended;
  });
  for (;;) {
    const socket = await dialPlain(port).catch(() => undefined);
    socket?.destroy();
    if (socket !== undefined) return port;
    assert.equal(server.exitCode, null, 'the database starts');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('PostgreSQL and its own client speak through two sidecars', { skip: whyNot() }, async () => {
  await using home = await TestHome.create('db', 'web');
  await home.sidecar('db', { port: String(await startDatabase(home)), protocol: 'tcp' });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=db`] });
  const psql = async (sql: string): Promise<string> => {
    const words = ['-h', '127.0.0.1', '-p', String(local), '-U', 'themis', '-d', 'postgres', '-qAt', '-v', 'ON_ERROR_STOP=1'];
    const { stdout } = await run('psql', [...words, '-c', sql], { maxBuffer: 64_000_000 });
    return stdout.trim();
  };
  assert.equal(await psql('select 6 * 7'), '42');
  await psql('create table charges (id int primary key, note text)');
  await psql('insert into charges select n, repeat(md5(n::text), 8) from generate_series(1, 20000) n');
  // Five megabytes of answer, and several clients at a time.
  const rows = await psql('copy charges to stdout');
  assert.equal(rows.split('\n').length, 20_000);
  const counts = await Promise.all(
    Array.from({ length: 8 }, (_, index) => psql(`select count(*) from charges where id % 8 = ${index}`)),
  );
  assert.deepEqual(counts, Array(8).fill('2500'));
  await assert.rejects(psql('select 1/0'), /division by zero/);
  // The server ends this session from its side, as an administrator would.
  await assert.rejects(psql('select pg_terminate_backend(pg_backend_pid())'), /terminating connection|closed the connection/);
  assert.equal(await psql('select count(*) from charges'), '20000');
});
