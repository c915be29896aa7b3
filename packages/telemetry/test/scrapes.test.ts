import assert from 'node:assert/strict';
import { request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { listenForScrapes, Metrics, MOST_SCRAPERS } from '@themis-mesh/telemetry';
import { readPage } from './page-reader.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

suite('the page of metrics', () => {
  test('is answered at /metrics to GET and HEAD, and nothing else is', async () => {
    await using page = await serve();
    const { status, headers, body } = await page.ask({});
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.ok(readPage(body).length > 5);
    const head = await page.ask({ method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [200, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
      assert.equal((await page.ask({ method })).status, 405, method);
    for (const path of [
      '/',
      '/metrics/',
      '/metrics/..',
      '/x/../metrics',
      '//metrics',
      '/%6detrics',
      '/shutdown',
      '/debug/pprof/',
    ]) {
      assert.equal((await page.ask({ path })).status, 404, path);
    }
    assert.equal((await page.ask({ path: '/metrics?name=x' })).status, 200);
  });

  test('is not answered to a name that was made to lead here', async () => {
    await using page = await serve({ names: ['mesh-host'] });
    for (const host of ['evil.example', 'evil.example:9464', 'localhost.evil.example', '127.0.0.1.evil.example', 'a@localhost']) {
      assert.equal((await page.ask({ headers: { host } })).status, 421, host);
    }
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:9464', '[::1]:9464', '10.1.2.3', 'mesh-host:9464']) {
      assert.equal((await page.ask({ headers: { host } })).status, 200, host);
    }
  });

  test('is reachable on loopback alone', async () => {
    await using page = await serve();
    assert.equal((page.server.address() as AddressInfo).address, '127.0.0.1');
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((each) => each !== undefined && !each.internal && each.family === 'IPv4');
    for (const other of others) {
      if (other === undefined) continue;
      const socket = connect(page.port, other.address);
      const code = await new Promise((resolve) => {
        socket.once('connect', () => resolve('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      socket.destroy();
      assert.equal(code, 'ECONNREFUSED', other.address);
    }
  });

  const FORMATS: readonly (readonly [accept: string, isOpen: boolean])[] = [
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3',
      true,
    ],
    ['application/openmetrics-text; version=1.0.0', true],
    ['application/openmetrics-text', true],
    ['text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.2', false],
    ['application/openmetrics-text;version=0.0.1', false],
    ['application/openmetrics-text;q=0', false],
    ['application/openmetrics-text;q=many', false],
    ['*/*', false],
    ['text/html', false],
    [',;,q=;'.repeat(200), false],
  ];

  for (const [accept, isOpen] of FORMATS) {
    test(`speaks ${isOpen ? 'OpenMetrics' : 'the older format'} to: ${accept.slice(0, 60)}`, async () => {
      await using page = await serve();
      const { headers, body } = await page.ask({ headers: { accept } });
      assert.equal(headers['content-type']?.startsWith('application/openmetrics-text; version=1.0.0'), isOpen);
      assert.equal(body.endsWith('# EOF\n'), isOpen);
    });
  }

  test('is not kept from readers for good by those that ask for nothing', async () => {
    await using page = await serve();
    const idle = Array.from({ length: MOST_SCRAPERS * 2 }, () => connect(page.port, '127.0.0.1').on('error', () => undefined));
    await Promise.all(idle.slice(MOST_SCRAPERS).map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    for (const socket of idle) socket.destroy();
    while ((await page.connections()) > 0) await setImmediate();
    assert.equal((await page.ask({})).status, 200);
  });

  test('a port that is taken is a ThemisError', async () => {
    await using page = await serve();
    await assert.rejects(listenForScrapes(new Metrics(), { port: page.port }), { code: 'THEMIS_PORT_IN_USE' });
    await assert.rejects(listenForScrapes(new Metrics(), { port: 0, host: '192.0.2.1' }), { code: 'THEMIS_CONFIG_INVALID' });
  });
});

class Page implements AsyncDisposable {
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  ask({ method = 'GET', path = '/metrics', headers = {} }: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode, headers: answer.headers, body }), reject);
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_, count) => resolve(count)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function serve({ names = [] }: { readonly names?: readonly string[] } = {}): Promise<Page> {
  return new Page(await listenForScrapes(new Metrics(), { port: 0, names }));
}
