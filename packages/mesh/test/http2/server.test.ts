import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Http2Listener } from '@themis-mesh/mesh';
import { ManualClock, runCurl, timeByCalls, waitFor, whyMissing, within, Workbench } from '@themis-mesh/testkit';
import { keysOf } from '../raw-caller.ts';
import { leafOf } from './leaf-of.ts';
import { allClosed, get, openHttp2Bed, openConnections, sessionOver } from './http2-bed.ts';

test('requests and streams of HTTP/2 say who calls', async () => {
  await using bed = await openHttp2Bed(({ peer, url }, response) => response.end(`${peer.name} ${peer.id} ${url}`));
  const session = await bed.session();
  const { id } = await keysOf(bed.home, 'web').then(({ history }) => history);
  assert.equal(await get(session, '/charge?now'), `web ${id} /charge?now`);
  const peers: (string | undefined)[] = [];
  bed.server.on('stream', (stream) => peers.push(stream.session?.peer?.name));
  await Promise.all([get(session, '/1'), get(session, '/2')]);
  assert.deepEqual(peers, ['web', 'web']);
  assert.equal(await openConnections(bed.server), 1);
  session.close();
  await allClosed(bed.server);
});

test('who calls cannot be overwritten', async () => {
  await using bed = await openHttp2Bed((request, response) => {
    assert.throws(() => Object.assign(request, { peer: undefined }), TypeError);
    response.end(String(request.peer.name));
  });
  assert.equal(await get(await bed.session(), '/'), 'web');
});

test('bodies, trailers, informational answers and the stream interface work', async () => {
  await using bed = await openHttp2Bed(undefined);
  bed.server.on('stream', (stream: ServerHttp2Stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 201 }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'done' }));
    stream.pipe(stream);
  });
  const session = await bed.session();
  const stream = session.request({ ':path': '/', ':method': 'POST' });
  const early = once(stream, 'headers');
  const trailers = once(stream, 'trailers');
  stream.end(Buffer.alloc(300_000, 'x'));
  assert.equal((await text(stream)).length, 300_000);
  assert.equal(((await within(early)) as [Record<string, unknown>])[0][':status'], 103);
  assert.equal(((await within(trailers)) as [Record<string, unknown>])[0]['x-sum'], 'done');
});

test('stock clients speak h2', { skip: whyMissing('curl', '--version') }, async () => {
  await using bed = await openHttp2Bed(({ peer, httpVersion }, response) => response.end(`${peer.name} over ${httpVersion}`));
  using workbench = new Workbench();
  const { chain, key } = await leafOf(bed.home, 'web');
  const presented = ['--insecure', '--cert', workbench.write(chain), '--key', workbench.write(key), '--http2'];
  const { said } = await runCurl([...presented, `https://127.0.0.1:${bed.port}/who`]);
  assert.equal(said, 'web over 2.0');
  bed.payments.setPolicy({ allow: [] });
  const refused = await runCurl([...presented, `https://127.0.0.1:${bed.port}/who`]);
  assert.notEqual(refused.status, 0);
  assert.equal(refused.said, '');
  await waitFor(() => bed.refusals.includes('policy-deny-all'), 'the refusal to be told');
});

test('a policy, and a removal, end open streams', async () => {
  await using bed = await openHttp2Bed((_, response) => response.write('for ever'));
  const session = await bed.session();
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => undefined);
  await within(once(stream, 'response'));
  bed.payments.setPolicy({ allow: [] });
  await within(once(session, 'close'), 'the end by the policy', 2000);
  bed.payments.setPolicy({ allow: ['web'] });
  const again = await bed.session();
  again.request({ ':path': '/' }).on('error', () => undefined);
  const closed = once(again, 'close');
  await bed.home.remove('web');
  await within(closed, 'the end by the removal', 2000);
  await waitFor(() => bed.refusals.includes('member-removed'), 'the refusal to be told');
  await allClosed(bed.server);
});

test('policies see each request, in the one form that is served', async () => {
  const urls: string[] = [];
  await using bed = await openHttp2Bed(({ url }, response) => {
    urls.push(url);
    response.end('served');
  });
  bed.payments.setPolicy({
    rules: [{ name: 'charges', action: 'allow', services: ['web'], methods: ['GET'], paths: ['/charge'] }],
  });
  const refused: string[] = [];
  bed.payments.events.on('request-refused', ({ method, path }) => refused.push(`${method} ${path}`));
  const session = await bed.session();
  const ask = async (headers: OutgoingHttpHeaders): Promise<[unknown, string]> => {
    const stream = session.request(headers);
    const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
    return [(await within(answered))[0][':status'], await text(stream)];
  };
  assert.deepEqual(await ask({ ':path': '/charge' }), [200, 'served']);
  assert.deepEqual(await ask({ ':path': '/%63harge?a=1' }), [200, 'served']);
  const [status, body] = await ask({ ':path': '/other' });
  assert.equal(status, 403);
  assert.match(body, /"error":"THEMIS_REQUEST_DENIED"/);
  assert.equal((await ask({ ':path': '/charge', ':method': 'DELETE' }))[0], 403);
  assert.equal((await ask({ ':path': '/a/../charge' }))[0], 400);
  assert.deepEqual(urls, ['/charge', '/charge?a=1']);
  await waitFor(() => refused.length === 3, 'the refusals to be told');
  assert.deepEqual(refused.slice(0, 2), ['GET /other', 'DELETE /charge']);
  const page = bed.payments.metrics.text();
  assert.match(page, /themis_requests_total\{[^}]*direction="inbound"[^}]*protocol="h2"[^}]*status="4xx"[^}]*\} 3/);
});

test('a request whose caller waits no more is not carried out', async () => {
  let served = 0;
  await using bed = await openHttp2Bed((_, response) => {
    served += 1;
    response.end('served');
  });
  const session = await bed.session();
  const late = session.request({ ':path': '/', 'x-themis-deadline': '0' });
  const [head] = (await within(once(late, 'response'))) as [IncomingHttpHeaders];
  assert.equal(head[':status'], 504);
  assert.match(await text(late), /THEMIS_DEADLINE_PASSED/);
  const timely = session.request({ ':path': '/', 'x-themis-deadline': '5000' });
  assert.equal(await text(timely), 'served');
  assert.equal(served, 1);
});

test('connections move on with the leaves, and what was sent is answered, once', async () => {
  const executed = new Map<string, number>();
  const listener: Http2Listener = ({ url }, response) => {
    executed.set(url, (executed.get(url) ?? 0) + 1);
    response.end(url);
  };
  const clock = new ManualClock();
  await using bed = await openHttp2Bed(listener, {}, { leafSeconds: 20, clock });
  const pass = timeByCalls(clock, 20, [bed.payments]);
  let renewals = 0;
  bed.payments.events.on('renewed', () => (renewals += 1));
  let [sessions, calls] = [0, 0];
  const lanes = Array.from({ length: 4 }, async (_, lane) => {
    let session = await bed.session();
    while (renewals < 4) {
      const path = `/${lane}/${(calls += 1)}`;
      // Node does not send what it was about to send when a GOAWAY came.
      while ((await get(session, path)) === '') {
        assert.equal(executed.get(path), undefined);
        session = await bed.session();
        sessions += 1;
      }
      assert.equal(executed.get(path), 1);
      pass();
    }
    session.close();
  });
  await within(Promise.all(lanes), 'four renewals', 60_000);
  assert.ok(sessions >= 4 && calls > 200, `${calls} calls over ${sessions} sessions more`);
});

test('a connection that drains says so twice, and serves what was sent meanwhile', async () => {
  const held: (() => void)[] = [];
  await using bed = await openHttp2Bed(({ url }, response) => held.push(() => response.end(url)));
  const session = await bed.session();
  const last: number[] = [];
  session.on('goaway', (code: number, lastStream: number) => {
    assert.equal(code, constants.NGHTTP2_NO_ERROR);
    last.push(lastStream);
  });
  const first = get(session, '/first');
  await waitFor(() => held.length === 1, 'the request');
  const closed = new Promise((resolve) => bed.server.close(resolve));
  await within(once(session, 'goaway'));
  for (const end of held) end();
  assert.equal(await first, '/first');
  await within(closed, 'the end of the server', 15_000);
  assert.equal(last[0], 2 ** 31 - 1);
});

test('a server listens, closes and says where, as those of node:http2', async () => {
  await using bed = await openHttp2Bed((_, response) => response.end('served'));
  const { server } = bed;
  assert.equal(server.listening, true);
  assert.throws(() => server.listen(0), { code: 'THEMIS_CONFIG_INVALID' });
  await new Promise((resolve) => server.close(resolve));
  assert.equal(server.listening, false);
  assert.equal(server.address(), null);
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  const port = server.address()?.port ?? 0;
  assert.equal(await get(sessionOver(await bed.home.channel('web', port, 'themis-h2/1')), '/'), 'served');
});
