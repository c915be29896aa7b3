import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { MeshEvents } from '@themis-mesh/mesh';
import { createLog, type Log, type LogFields } from '../src/log/log.ts';
import { logMesh } from '../src/log/mesh-log.ts';
import { SparingLog } from '../src/log/sparing.ts';

function collect(): Log & { readonly seen: LogFields[] } {
  const seen: LogFields[] = [];
  return { seen, log: (_, __, fields = {}) => seen.push(fields) };
}

test('strangers who are refused without end write a few lines, which say how many there were', () => {
  const log = collect();
  let now = 0;
  const sparing = new SparingLog(log, () => now);
  for (let count = 0; count < 1000; count += 1) sparing.log('handshake-failed', 'warn', 'connection refused', { count });
  assert.equal(log.seen.length, 10);
  sparing.log('policy-deny-all', 'warn', 'connection refused', {});
  assert.equal(log.seen.length, 11, 'what is rare is not lost among what is not');
  now += 10_000;
  sparing.log('handshake-failed', 'warn', 'connection refused', {});
  assert.equal(log.seen.at(-1)?.['leftOut'], 990);
});

test('a mesh logs its refusals so', () => {
  const log = collect();
  const events = new EventEmitter<MeshEvents>();
  logMesh({ events }, log);
  for (let count = 0; count < 1000; count += 1) {
    events.emit('refused', { refusal: { code: 'handshake-failed', detail: 'ECONNRESET' }, remote: '127.0.0.1:1' });
  }
  assert.equal(log.seen.length, 10);
});

test('a connection that ends with its leaf is no refusal', () => {
  const levels: string[] = [];
  const events = new EventEmitter<MeshEvents>();
  logMesh({ events }, { log: (level, message) => levels.push(`${level} ${message}`) });
  events.emit('refused', { refusal: { code: 'leaf-ended', detail: 'at 7' }, remote: '127.0.0.1:1' });
  assert.deepEqual(levels, ['debug connection ended with its leaf']);
});

test('nobody forges a line of the log', () => {
  for (const format of ['json', 'human'] as const) {
    const lines: string[] = [];
    const log = createLog({ format, level: 'debug', write: (line) => lines.push(line), now: () => new Date(0) });
    log.log('warn', 'refused\nthemis: error: forged', { detail: 'a\r\nthemis: forged \u001b[2J\u2028x', remote: '" x="y' });
    assert.equal(lines.length, 1);
    const [line = ''] = lines;
    assert.match(line, /^[\x20-\x7e]+\n$/);
    if (format === 'json') assert.equal((JSON.parse(line) as LogFields)['remote'], '" x="y');
  }
});
