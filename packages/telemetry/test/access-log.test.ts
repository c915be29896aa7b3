import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { suite, test } from 'node:test';
import { AccessLog, FileSink, Metrics, RequestLog, StreamSink } from '@themis-mesh/telemetry';
import { MemorySink, stillClock } from './memory-sink.ts';
import { valueOf } from './page-reader.ts';

const SELF = { name: 'web', id: 'kweb', instance: 'one' };
const clock = stillClock(Date.UTC(2026, 0, 1));

suite('the access log', () => {
  test('writes in batches: after a while, or when many lines wait', async () => {
    const sink = new MemorySink();
    const waits: (() => void)[] = [];
    const log = logTo(sink, { clock: { now: () => 0, after: (_, run) => (waits.push(run), () => undefined) } });
    say(log, 2);
    assert.deepEqual([sink.text, waits.length], ['', 1]);
    waits[0]?.();
    await log.accessLog.flush();
    assert.equal(sink.lines.length, 2);
    say(log, 1000);
    await Promise.resolve();
    assert.ok(sink.lines.length > 2, 'a full batch waits for no clock');
    await log.accessLog.flush();
    assert.equal(sink.lines.length, 1002);
  });

  test('holds no more than it may while it is not written, and says how many lines were lost', async () => {
    const sink = new MemorySink();
    const metrics = new Metrics();
    const log = logTo(sink, { clock, metrics, mostWaiting: 100_000 });
    const letGo = sink.hold();
    say(log, 20_000);
    letGo();
    await log.accessLog.flush();
    const lost = valueOf(metrics.text(), 'themis_access_log_dropped_lines_total') ?? 0;
    const written = valueOf(metrics.text(), 'themis_access_log_lines_total') ?? 0;
    assert.ok(written < 2000, String(written));
    assert.equal(lost + written, 20_000);
    const told = sink.lines.filter((line) => 'dropped' in line);
    assert.deepEqual(
      told.map((line) => line['dropped']),
      [lost],
    );
    assert.equal(sink.lines.length, written + 1);
    say(log, 1);
    await log.accessLog.flush();
    assert.equal(sink.lines.filter((line) => 'dropped' in line).length, 1);
  });

  test('goes on when it cannot be written, tells once, and counts what was lost', async () => {
    const sink = new MemorySink();
    const troubles: unknown[] = [];
    const log = logTo(sink, { clock, onTrouble: (error) => troubles.push(error) });
    sink.failure = new Error('ENOSPC');
    for (let round = 0; round < 3; round += 1) {
      say(log, 5);
      await log.accessLog.flush();
    }
    assert.equal(troubles.length, 1);
    sink.failure = undefined;
    say(log, 1);
    await log.accessLog.flush();
    assert.equal(sink.lines[0]?.['dropped'], 15);
    assert.equal(sink.lines.length, 2);
  });

  test('an entry that is not what it should be costs its own line alone', async () => {
    const sink = new MemorySink();
    const metrics = new Metrics();
    const log = logTo(sink, { clock, metrics });
    const open = log.requests.inbound(
      'http/1.1',
      { name: { toString: null } as unknown as string },
      'GET',
      7 as unknown as string,
    );
    open.end();
    say(log, 1);
    await log.accessLog.flush();
    assert.equal(sink.lines.at(-1)?.['path'], '/');
    assert.equal(valueOf(metrics.text(), 'themis_access_log_dropped_lines_total'), 1);
  });

  test('a flood of strangers fills no disk', async () => {
    const sink = new MemorySink();
    const metrics = new Metrics();
    const log = logTo(sink, { clock, metrics });
    for (let index = 0; index < 100_000; index += 1) log.requests.turnedAway('handshake-failed', '192.0.2.1:9');
    await log.accessLog.flush();
    assert.ok(sink.lines.length <= 1001, String(sink.lines.length));
    assert.equal(valueOf(metrics.text(), 'themis_connections_refused_total', { refusal: 'handshake-failed' }), 100_000);
  });

  test('a file is of its user alone, and is begun anew after it was moved away', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-access-'));
    const path = join(folder.path, 'access.log');
    const log = logTo(await FileSink.open(path), { clock });
    say(log, 1);
    await log.accessLog.flush();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await rename(path, `${path}.1`);
    say(log, 2);
    await log.accessLog.flush();
    assert.equal(linesIn(await readFile(path, 'utf8')), 2);
    await rename(path, `${path}.2`);
    await log.accessLog.reopen();
    assert.equal(await readFile(path, 'utf8'), '');
    say(log, 3);
    await log.accessLog[Symbol.asyncDispose]();
    const sizes = await Promise.all([`${path}.1`, `${path}.2`, path].map(async (each) => linesIn(await readFile(each, 'utf8'))));
    assert.deepEqual(sizes, [1, 2, 3]);
  });

  test('no link is followed, and nothing but a file is written', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-access-'));
    const target = join(folder.path, 'precious');
    await writeFile(target, '');
    const link = join(folder.path, 'access.log');
    await symlink(target, link);
    for (const path of [link, folder.path, join(folder.path, 'no', 'folder')]) {
      await assert.rejects(FileSink.open(path), { code: 'THEMIS_CONFIG_INVALID' });
    }
    assert.equal(await readFile(target, 'utf8'), '');
  });

  test('a reader of the output that goes away ends nothing', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const log = logTo(new StreamSink(broken), { clock });
    say(log, 1);
    await log.accessLog[Symbol.asyncDispose]();
    assert.ok(broken.destroyed);
  });

  test('what waits is written when the process exits', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-access-'));
    const path = join(folder.path, 'access.log');
    const program = join(import.meta.dirname, 'exit-at-once.ts');
    const child = spawn(process.execPath, ['-C', 'themis-source', program, path], { stdio: 'inherit' });
    assert.deepEqual(await once(child, 'exit'), [3, null]);
    assert.equal(linesIn(await readFile(path, 'utf8')), 10);
  });
});

interface Logging {
  readonly accessLog: AccessLog;
  readonly requests: RequestLog;
}

function logTo(
  sink: ConstructorParameters<typeof AccessLog>[0]['sink'],
  options: Omit<ConstructorParameters<typeof AccessLog>[0], 'sink'>,
): Logging {
  const accessLog = new AccessLog({ sink, ...options });
  const metrics = options.metrics ?? new Metrics();
  return { accessLog, requests: new RequestLog({ self: SELF, metrics, accessLog, isKnown: () => true }) };
}

function say({ requests }: Logging, lines: number): void {
  for (let line = 0; line < lines; line += 1) requests.inbound('http/1.1', { name: 'orders' }, 'GET', '/').end();
}

function linesIn(text: string): number {
  assert.ok(text.endsWith('\n'));
  return text.split('\n').length - 1;
}
