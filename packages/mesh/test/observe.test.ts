import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { get } from 'node:http';
import { join as joinPath } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import type { JoinOptions } from '@themis-mesh/mesh';
import { waitFor } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

type Line = Readonly<Record<string, unknown>>;

/** Takes the lines of an access log. */
class Lines {
  text = '';
  readonly take = (lines: string): void => {
    this.text += lines;
  };

  get all(): readonly Line[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  /** The first that fits. */
  async find(fits: (line: Line) => boolean): Promise<Line> {
    await waitFor(() => this.all.some(fits));
    return this.all.find(fits) ?? {};
  }
}

suite('what a member tells of itself', () => {
  test('a call is a line on both sides, with who asked whom', async () => {
    await using home = await TestHome.create('web', 'payments');
    const [asked, served] = [new Lines(), new Lines()];
    const { mesh: payments } = await home.serve('payments', (_, response) => response.end('paid'), { accessLog: served.take });
    const web = await home.join('web', { accessLog: { to: asked.take } });
    const headers = { 'x-request-id': 'r-7', authorization: 'Bearer s3cret' };
    const answer = await web.fetch('https://payments/charge?card=s3cret', { method: 'POST', body: 'x'.repeat(10), headers });
    assert.equal(await answer.text(), 'paid');
    const out = await asked.find(() => true);
    const shared = { service: 'payments', caller: 'web', callerId: web.id, instance: payments.instance, status: 200 };
    assert.deepEqual(pick(out, [...Object.keys(shared), 'direction', 'bytes_out']), {
      ...shared,
      direction: 'outbound',
      bytes_out: 4,
    });
    const into = await served.find(() => true);
    const expected = {
      ...shared,
      direction: 'inbound',
      method: 'POST',
      path: '/charge',
      bytes_in: 10,
      bytes_out: 4,
      request_id: 'r-7',
    };
    assert.deepEqual(pick(into, Object.keys(expected)), expected);
    assert.ok(!(asked.text + served.text + web.metrics.text() + payments.metrics.text()).includes('s3cret'));
    assert.match(
      payments.metrics.text(),
      /^themis_requests_total\{direction="inbound",peer="web",protocol="http\/1.1",status="2xx"\} 1$/m,
    );
    assert.match(
      web.metrics.text(),
      /^themis_requests_total\{direction="outbound",peer="payments",protocol="http\/1.1",status="2xx"\} 1$/m,
    );
    assert.match(web.metrics.text(), /^themis_handshakes_total\{direction="outbound"\} 1$/m);
    assert.match(payments.metrics.text(), /^themis_channels_open\{direction="inbound"\} 1$/m);
    assert.match(web.metrics.text(), /^themis_requests_in_flight\{direction="outbound"\} 0$/m);
    assert.match(web.metrics.text(), /^themis_leaf_remaining_seconds 3\d\d\d$/m);
  });

  test('a call that fails is a line with the code, and counted by it', async () => {
    await using home = await TestHome.create('web', 'payments');
    const lines = new Lines();
    const web = await home.join('web', { accessLog: lines.take });
    await rejectsWith(web.fetch('https://nobody/'), 'THEMIS_NAME_UNKNOWN');
    await rejectsWith(web.fetch('https://payments/'), 'THEMIS_NO_INSTANCE');
    assert.deepEqual(pick(await lines.find(({ service }) => service === 'nobody'), ['refusal', 'status']), {
      refusal: 'THEMIS_NAME_UNKNOWN',
      status: undefined,
    });
    const page = web.metrics.text();
    assert.match(page, /^themis_requests_total\{direction="outbound",peer="other",protocol="http\/1.1",status="none"\} 1$/m);
    assert.match(page, /^themis_requests_total\{direction="outbound",peer="payments",protocol="http\/1.1",status="none"\} 1$/m);
    assert.match(page, /^themis_request_refusals_total\{direction="outbound",refusal="THEMIS_NO_INSTANCE"\} 1$/m);
  });

  test('who is turned away is a line with the refusal, on both sides', async () => {
    await using home = await TestHome.create('web', 'payments');
    const [asked, served] = [new Lines(), new Lines()];
    const options: Partial<JoinOptions> = { accessLog: served.take, policy: { allow: ['orders'] } };
    const { mesh: payments } = await home.serve('payments', (_, response) => response.end(), options);
    const web = await home.join('web', { accessLog: asked.take });
    await rejectsWith(web.fetch('https://payments/'), 'THEMIS_REFUSED_BY_PEER');
    const refused = await served.find(({ remote }) => remote !== undefined);
    const told = await asked.find(({ refusal }) => refusal !== undefined);
    assert.equal(refused['refusal'], told['refusal']);
    const page = payments.metrics.text();
    assert.ok(page.includes(`themis_connections_refused_total{refusal="${String(refused['refusal'])}"}`), page);
    assert.match(web.metrics.text(), /^themis_dial_failures_total\{error="THEMIS_REFUSED_BY_PEER"\} \d+$/m);
  });

  test('a raw connection is a line at its end, with its bytes', async () => {
    await using home = await TestHome.create('web', 'db');
    const [asked, served] = [new Lines(), new Lines()];
    const db = await home.join('db', { accessLog: served.take });
    const server = db.createTcpServer((socket) => socket.pipe(socket));
    await server.listen(0);
    const web = await home.join('web', { accessLog: asked.take });
    const stream = await web.connect('db');
    stream.end('12345');
    assert.equal(await text(stream), '12345');
    const expected = { protocol: 'tcp', bytes_in: 5, bytes_out: 5, caller: 'web', service: 'db', instance: db.instance };
    for (const lines of [asked, served]) assert.deepEqual(pick(await lines.find(() => true), Object.keys(expected)), expected);
  });

  test('tries after the first are counted', async () => {
    await using home = await TestHome.create('web', 'payments');
    const lines = new Lines();
    await home.serveRaw('payments', (channel) => channel.cut());
    await home.serveRaw('payments', (channel) => channel.cut());
    const web = await home.join('web', { accessLog: lines.take });
    await assert.rejects(web.fetch('https://payments/'));
    const line = await lines.find(() => true);
    assert.ok(Number(line['retries']) >= 1);
    assert.match(web.metrics.text(), /^themis_request_retries_total\{peer="payments"\} [1-9]/m);
  });

  test('the last lines are in the file when the mesh is closed, and a new file is begun where one was moved away', async () => {
    await using home = await TestHome.create('web', 'payments');
    const path = joinPath(home.path, 'access.log');
    const { mesh: payments } = await home.serve('payments', (_, response) => response.end(), { accessLog: path });
    const web = await home.join('web');
    await (await web.fetch('https://payments/1')).text();
    await waitFor(async () => (await readFile(path, 'utf8')) !== '', 'the first line');
    await rename(path, `${path}.1`);
    await payments.reopenAccessLog();
    await (await web.fetch('https://payments/2')).text();
    await web.close();
    await payments.close();
    assert.match(await readFile(`${path}.1`, 'utf8'), /^\{[^\n]*"path":"\/1"[^\n]*\}\n$/);
    assert.match(await readFile(path, 'utf8'), /^\{[^\n]*"path":"\/2"[^\n]*\}\n$/);
  });

  test('the page is served where it was asked for, under load too, and ends with the mesh', async () => {
    await using home = await TestHome.create('web', 'payments');
    await home.serve('payments', (_, response) => response.end('paid'));
    const web = await home.join('web', { metrics: { port: 0 } });
    const { port = 0, address } = web.metricsAddress ?? {};
    assert.equal(address, '127.0.0.1');
    const calls = Array.from({ length: 200 }, async () => (await web.fetch('https://payments/')).text());
    const pages = await Promise.all(Array.from({ length: 20 }, () => page(port)));
    for (const each of pages) assert.match(each, /^themis_member_info\{service="web",/m);
    await Promise.all(calls);
    assert.equal(requestsIn(await page(port)), 200);
    await web.close();
    await assert.rejects(page(port), { code: 'ECONNREFUSED' });
  });

  const MISTAKES: readonly (readonly [object, string])[] = [
    [{ accessLog: 7 }, 'accessLog'],
    [{ accessLog: '' }, 'accessLog'],
    [{ accessLog: { to: 'x', colour: 1 } }, 'accessLog.colour'],
    [{ accessLog: { to: 'x', query: 'yes' } }, 'accessLog.query'],
    [{ accessLog: '/no/such/folder/access.log' }, 'ENOENT'],
    [{ metrics: 9464 }, 'metrics:'],
    [{ metrics: { port: 70_000 } }, 'metrics.port'],
    [{ metrics: { port: 0, host: 7 } }, 'metrics.host'],
    [{ metrics: { port: 0, names: 'x' } }, 'metrics.names'],
    [{ metrics: { port: 0, host: '192.0.2.1' } }, '192.0.2.1'],
  ];

  for (const [options, mistake] of MISTAKES) {
    test(`${JSON.stringify(options)} is refused`, async () => {
      await using home = await TestHome.create('web');
      const error = await rejectsWith(home.join('web', options), 'THEMIS_CONFIG_INVALID');
      assert.ok(error.message.includes(mistake), error.message);
    });
  }
});

function pick(line: Line, names: readonly string[]): Line {
  return Object.fromEntries(names.map((name) => [name, line[name]]));
}

function page(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/metrics', agent: false }, (answer) => void text(answer).then(resolve, reject)).on(
      'error',
      reject,
    );
  });
}

function requestsIn(text: string): number {
  const counted = [...text.matchAll(/^themis_requests_total\{[^}]*\} (\d+)$/gm)];
  return counted.reduce((sum, [, count]) => sum + Number(count), 0);
}
