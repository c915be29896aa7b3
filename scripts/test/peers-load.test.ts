import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import { installationsIn } from '@themis-mesh/testkit';
import { requestText } from '../../bench/peers/load/request.ts';
import { readSteady } from '../../bench/peers/load/steady.ts';
import { luaScript, readWrk } from '../../bench/peers/load/wrk.ts';
import { PART_NAMES, readOptions } from '../../bench/peers/options.ts';

const PROXY = { port: 8080, prefix: 'http://origin.mesh.internal', headers: { host: 'origin.mesh.internal', 'x-quote': '"' } };

suite('what wrk prints', () => {
  test('is read from the line of our script', () => {
    const output = 'Running 2s test\n  64 threads\nRESULT 52000 2001234 3 810 2900 5100\nRequests/sec: 1\n';
    assert.deepEqual(readWrk(output), { requests: 52000, seconds: 2.001234, errors: 3, p50: 0.81, p99: 2.9, p999: 5.1 });
  });

  test('is no figure where that line is missing, short or broken', () => {
    for (const output of ['', 'Requests/sec: 1', 'RESULT 1 2 3', 'RESULT 1 2 3 4 5 nan']) {
      assert.throws(() => readWrk(output), /wrk gave no figures/);
    }
  });

  test('comes of a script that sets path and headers once, and runs nothing for each request', () => {
    const script = luaScript(PROXY);
    assert.match(script, /^wrk\.path = "http:\/\/origin\.mesh\.internal\/open\/1k"$/m);
    assert.match(script, /^wrk\.headers\["Host"\] = "origin\.mesh\.internal"$/m);
    assert.match(script, /^wrk\.headers\["X-quote"\] = "\\""$/m);
    assert.match(script, /^wrk\.headers\["Connection"\] = "close"$/m);
    assert.doesNotMatch(script, /request = |response = /);
  });
});

test('what our own load prints is read after it began', () => {
  const result = { requests: 9, errors: 1, unanswered: 0, seconds: 1, p50: 0.1, p99: 0.2, p999: 0.3 };
  assert.deepEqual(readSteady(`begin\n${JSON.stringify(result)}\n`), result);
  for (const output of ['', 'begin\n', '{}\n']) assert.throws(() => readSteady(output), /no figures/);
});

test('a request to an explicit proxy has the whole URL in its first line', () => {
  const text = requestText(PROXY, '/open/who', { connection: 'close' });
  assert.equal(
    text,
    'GET http://origin.mesh.internal/open/who HTTP/1.1\r\nhost: origin.mesh.internal\r\nx-quote: "\r\nconnection: close\r\n\r\n',
  );
});

test("what is fetched of Debian is what apt's plan would install", () => {
  const plan = 'Reading…\nInst liblua5.3-0 (5.3.6-2 Debian:12 [amd64])\nInst wrk (4.1.0 Debian:12 [amd64])\nConf wrk (4.1.0)\n';
  assert.deepEqual(installationsIn(plan), ['liblua5.3-0', 'wrk']);
  assert.deepEqual(installationsIn('0 upgraded, 0 newly installed'), []);
});

suite('the words of the command line', () => {
  test('ask for everything where they say nothing', () => {
    const { only, contenders, nodes, report } = readOptions([]);
    assert.deepEqual({ only, contenders, nodes, report }, { only: PART_NAMES, contenders: [], nodes: [], report: false });
  });

  test('choose parts, peers, releases and rounds', () => {
    const words = ['--only', 'tcp,bulk', '--contenders', 'HAProxy', '--node', '/a', '--node', '/b', '--quick', '--rounds', '4'];
    const { only, contenders, nodes, rounds, seconds } = readOptions(words);
    assert.deepEqual(only, ['tcp', 'bulk']);
    assert.deepEqual(contenders, ['haproxy']);
    assert.deepEqual(nodes, ['/a', '/b']);
    assert.deepEqual([rounds, seconds], [4, 1]);
  });

  test('are refused where they mean nothing', () => {
    for (const words of [['--fast'], ['tcp'], ['--only'], ['--only', 'udp'], ['--rounds', '0'], ['--seconds', 'x']]) {
      assert.throws(() => readOptions(words), { name: 'UsageError' }, words.join(' '));
    }
  });
});
