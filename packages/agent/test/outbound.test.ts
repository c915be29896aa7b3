import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import { freePort, waitFor, within } from '@themis-mesh/testkit';
import { echo, proxyOf } from './proxy-bed.ts';
import { dialPlain, listenPlain, readAll, readUntil } from './raw.ts';
import { stands } from './stands.ts';
import { TestHome } from './test-home.ts';

/** A service behind a sidecar, and a port of loopback on which it answers to the program of another. */
async function forwarded(
  home: TestHome,
  listener: RequestListener,
  flags: { readonly stall?: string } = {},
): Promise<{ readonly port: number; readonly dropped: () => Promise<unknown> }> {
  await home.sidecar('orders', { port: String(await home.serve(listener)) });
  const local = await freePort();
  const { mesh } = await home.sidecar('web', {
    port: String(await home.serve((_, response) => response.end())),
    forward: [`${local}=http:orders`],
    ...flags,
  });
  const inFlight = /^themis_requests_in_flight\{direction="outbound"\} (\d+)$/m;
  return { port: local, dropped: () => waitFor(() => Number(inFlight.exec(mesh.metrics.text())?.[1]) === 0, 'no request') };
}

const GET = 'GET / HTTP/1.1\r\nhost: my.host:1\r\n';

test('a port of loopback speaks HTTP for a service, which sees the host as it was written, and who calls', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => response.end(`${echo(request)}\n`));
  const socket = await dialPlain(port);
  for (let round = 0; round < 3; round += 1) {
    socket.write(`${GET}x-themis-caller: admin\r\nconnection: x-gone\r\nx-gone: 1\r\n\r\n`);
    const seen = await readUntil(socket, '}}\n');
    assert.match(seen, /^HTTP\/1\.1 200 [^]*"host":"my\.host:1"/);
    assert.match(seen, /"x-themis-caller":"web"/);
    assert.doesNotMatch(seen, /admin|x-gone/);
  }
  socket.destroy();
});

test('each request of a connection goes to whichever instance is well', async () => {
  await using home = await TestHome.create('orders', 'web');
  const names: string[] = [];
  for (const name of ['a', 'b']) {
    await home.sidecar('orders', { port: String(await home.serve((_, response) => response.end(`from ${name}.`))) });
  }
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=http:orders`] });
  const socket = await dialPlain(local);
  await waitFor(async () => {
    socket.write(`${GET}\r\n`);
    names.push(/from (.)\./.exec(await readUntil(socket, '.'))?.[1] ?? '');
    return names.includes('a') && names.includes('b');
  }, 'answers of both');
  socket.destroy();
});

test('requests in one flight are answered in their order, however long each takes', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => {
    request.resume();
    const answer = (): unknown => response.end(`answer to ${request.method} ${request.url}.`);
    if (request.url === '/0') setTimeout(answer, 100);
    else answer();
  });
  const socket = await dialPlain(port);
  const requests = [
    'GET /0 HTTP/1.1\r\nhost: a\r\n\r\n',
    'POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc',
    'PUT /2 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'HEAD /3 HTTP/1.1\r\nhost: a\r\n\r\n',
    `POST /4 HTTP/1.1\r\nhost: a\r\ncontent-length: 200000\r\n\r\n${'x'.repeat(200_000)}`,
    'GET /5 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    'GET /never HTTP/1.1\r\nhost: a\r\n\r\n',
  ];
  socket.write(requests.join(''));
  const text = (await readAll(socket)).toString('latin1');
  assert.deepEqual(text.match(/answer to \w+ \/\d\./g), [
    ...['answer to GET /0.', 'answer to POST /1.', 'answer to PUT /2.', 'answer to POST /4.', 'answer to GET /5.'],
  ]);
  assert.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 6);
  socket.destroy();
});

test('bodies of every size and slicing arrive whole, both ways', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => request.pipe(response));
  for (const size of [1, 16_384, 65_537, 5_000_000]) {
    const body = Buffer.alloc(size, 'abcdefg');
    for (const slice of [size, Math.ceil(size / 3)]) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: new ReadableStream({
          start(controller) {
            for (let at = 0; at < size; at += slice) controller.enqueue(body.subarray(at, at + slice));
            controller.close();
          },
        }),
        duplex: 'half',
      });
      assert.ok(body.equals(Buffer.from(await answer.arrayBuffer())), `${size} in ${slice}`);
    }
  }
});

test('bodies stream both ways at once, and trailers follow them', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => {
    response.writeHead(200, { trailer: 'x-seen' });
    request.pipe(response, { end: false });
    request.on('end', () => {
      response.addTrailers({ 'x-seen': request.rawTrailers.join('='), 'x-themis-verdict': 'spoofed' });
      response.end();
    });
  });
  const socket = await dialPlain(port);
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nte: trailers\r\nconnection: te\r\n\r\n4\r\nping\r\n');
  await readUntil(socket, 'ping');
  socket.write('4\r\npong\r\n');
  await readUntil(socket, 'pong');
  socket.write('0\r\nx-tail: yes\r\nx-themis-caller: spoofed\r\n\r\n');
  const last = await readUntil(socket, '\r\n\r\n');
  assert.match(last, /0\r\nx-seen: x-tail=yes\r\n\r\n$/);
  assert.doesNotMatch(last, /spoofed/);
  socket.destroy();
});

test('a slow reader holds back the service, and a slow service holds back the caller', async () => {
  await using home = await TestHome.create('orders', 'web');
  const size = 64 * 1024 * 1024;
  let written = 0;
  const { port } = await forwarded(home, (request, response) => {
    if (request.method === 'POST') return; // never read
    const more = (): void => {
      while (written < size && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on('drain', more);
    more();
  });
  const reader = await dialPlain(port);
  reader.write(`${GET}\r\n`);
  await readUntil(reader, '\r\n\r\n');
  await stands(() => written);
  assert.ok(written < size / 2, `the service wrote ${written}`);
  reader.destroy();

  const socket = await dialPlain(port);
  socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
  let sent = 0;
  const more = (): void => {
    while (sent < size && socket.write(Buffer.alloc(65_536))) sent += 65_536;
  };
  socket.on('drain', more);
  more();
  await stands(() => sent);
  assert.ok(sent < size / 2, `the sidecar took ${sent}`);
  socket.destroy();
});

test('a caller that goes away takes its request with it, wherever that is', async () => {
  await using home = await TestHome.create('orders', 'web');
  let begun = 0;
  let over = 0;
  const { port, dropped } = await forwarded(home, (request, response) => {
    begun += 1;
    response.once('close', () => (over += 1));
    if (request.url === '/answering') response.write('first');
    request.resume();
  });
  const requests = [
    'GET /waiting HTTP/1.1\r\nhost: a\r\n\r\n',
    'GET /answering HTTP/1.1\r\nhost: a\r\n\r\n',
    'POST /sending HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc',
  ];
  for (const [index, request] of requests.entries()) {
    const socket = await dialPlain(port);
    socket.on('error', () => undefined);
    socket.write(request);
    if (request.includes('answering')) await readUntil(socket, 'first');
    await waitFor(() => begun === index + 1, `${request} to arrive`);
    if (index === 0) socket.resetAndDestroy();
    else socket.destroy();
    await waitFor(() => over === index + 1, `${request} to be over`);
  }
  await dropped();
});

test('an answer that breaks off breaks off at the caller too', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => {
    if (request.url === '/counted') response.setHeader('content-length', 100);
    response.write('first', () => response.destroy());
  });
  for (const [path, version] of [
    ['/counted', '1.1'],
    ['/chunks', '1.1'],
    ['/until-close', '1.0'],
  ] as const) {
    const socket = await dialPlain(port);
    const failed = new Promise((resolve) => socket.once('error', resolve));
    socket.write(`GET ${path} HTTP/${version}\r\nhost: a\r\n\r\n`);
    const text = (await readAll(socket)).toString('latin1');
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/, path);
    // Here nothing but a reset tells that it is not all.
    if (version === '1.0') await within(failed, 'a reset');
    socket.destroy();
  }
});

test('an answer before the end of its request is passed back, and the connection ends', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port, dropped } = await forwarded(home, (_, response) => response.writeHead(413).end('too much'));
  const socket = await dialPlain(port);
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nabc');
  const text = (await readAll(socket)).toString('latin1');
  assert.match(text, /^HTTP\/1\.1 413 [^]*connection: close\r\n[^]*too much/);
  socket.destroy();
  await dropped();
});

test('who waits for 100 Continue hears it, and early hints too', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    request.pipe(response);
  });
  const socket = await dialPlain(port);
  socket.write('PUT / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
  assert.match(await readUntil(socket, 'preload'), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 /);
  socket.write('ok');
  await readUntil(socket, 'ok');
  socket.write('PUT / HTTP/1.1\r\nhost: a\r\nexpect: the-unexpected\r\ncontent-length: 2\r\n\r\n');
  assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 417 /);
  socket.destroy();
});

test('answers without a body stay without one, and errors have one', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(home, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), request.method === 'HEAD' ? { 'content-length': '12' } : {}).end();
  });
  const socket = await dialPlain(port);
  socket.write('HEAD /200 HTTP/1.1\r\nhost: a\r\n\r\nGET /204 HTTP/1.1\r\nhost: a\r\n\r\nGET /304 HTTP/1.1\r\nhost: a\r\n\r\n');
  socket.write('GET /a/../b%2F HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  const text = (await readAll(socket)).toString('latin1');
  const [head = '', empty = '', unchanged = '', refused = ''] = text.split(/(?=HTTP\/1\.1 )/);
  assert.match(head, /^HTTP\/1\.1 200 [^]*content-length: 12\r\n\r\n$/);
  assert.match(empty, /^HTTP\/1\.1 204 [^]*\r\n\r\n$/);
  assert.doesNotMatch(empty, /content-length|transfer-encoding/);
  assert.match(unchanged, /^HTTP\/1\.1 304 [^]*\r\n\r\n$/);
  assert.match(refused, /^HTTP\/1\.1 400 [^]*policy-path-ambiguous/);
  socket.destroy();
});

test('a WebSocket goes through a forwarded port, also behind a request', async () => {
  await using home = await TestHome.create('orders', 'web');
  const server = createServer((_, response) => response.end('well'));
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await home.sidecar('orders', { port: String(await home.listen(server)) });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=http:orders`] });
  const socket = await dialPlain(local);
  socket.write(`${GET}\r\n`);
  await readUntil(socket, 'well');
  socket.write(`${GET}upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\n\r\n`);
  assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 101 /);
  socket.write('bytes');
  await readUntil(socket, 'bytes');
  socket.destroy();
});

test('a page of another origin is refused at a forwarded port, and one of its own is not', async () => {
  await using home = await TestHome.create('orders', 'web');
  let asked = 0;
  const { port } = await forwarded(home, (_, response) => {
    asked += 1;
    response.end('well}}\n');
  });
  for (const site of ['cross-site', 'same-site', 'same-origin, none']) {
    const socket = await dialPlain(port);
    socket.write(`${GET}sec-fetch-site: ${site}\r\n\r\n`);
    assert.match(await readUntil(socket, '}\n'), /^HTTP\/1\.1 400 [^]*THEMIS_REQUEST_REFUSED/, site);
    socket.destroy();
  }
  const upgrade = await dialPlain(port);
  upgrade.write(`${GET}sec-fetch-site: cross-site\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
  assert.match(await readUntil(upgrade, '}\n'), /^HTTP\/1\.1 400 /);
  upgrade.destroy();
  assert.equal(asked, 0);
  for (const site of ['same-origin', 'none']) {
    const socket = await dialPlain(port);
    socket.write(`${GET}sec-fetch-site: ${site}\r\n\r\n`);
    assert.match(await readUntil(socket, '}}\n'), /^HTTP\/1\.1 200 /, site);
    socket.destroy();
  }
});

test('a caller that leaves its request half sent, or its answer half read, is ended; one that waits is not', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { port } = await forwarded(
    home,
    (request, response) => {
      if (request.url === '/large') response.end(Buffer.alloc(32 * 1024 * 1024));
      else if (request.url === '/slow') setTimeout(() => response.end('late'), 3000);
      else request.resume().once('end', () => response.end('well'));
    },
    { stall: '1' },
  );
  const waits = await dialPlain(port);
  waits.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
  const late = readUntil(waits, 'late');
  for (const sent of [
    'GET / HT',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\na',
    'GET /large HTTP/1.1\r\nhost: a\r\n\r\n',
    '',
  ]) {
    const socket = await dialPlain(port);
    socket.on('error', () => undefined);
    socket.write(sent);
    if (sent.includes('large')) {
      await readUntil(socket, '\r\n\r\n');
      await new Promise((resolve) => setTimeout(resolve, 2500));
    }
    socket.resume();
    await readAll(socket);
    socket.destroy();
  }
  assert.match(await late, /^HTTP\/1\.1 200 /);
  waits.destroy();
});

test('a service that is not there is told of, request after request', async () => {
  await using home = await TestHome.create('orders', 'web');
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=http:orders`] });
  const socket = await dialPlain(local);
  for (let round = 0; round < 2; round += 1) {
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc');
    assert.match(await readUntil(socket, '}'), /^HTTP\/1\.1 503 [^]*THEMIS_NO_INSTANCE/);
  }
  socket.destroy();
});

test('requests to services and to hosts outside share a connection to the proxy', async () => {
  await using home = await TestHome.create('orders', 'web');
  const outside = await home.serve((_, response) => response.end('outside.'));
  await home.sidecar('orders', { port: String(await home.serve((_, response) => response.end('orders.'))) });
  const { port, credential } = await proxyOf(home, { egress: [`127.0.0.1:${outside}`] });
  const socket = await dialPlain(port);
  const ask = (origin: string): string => `GET ${origin}/ HTTP/1.1\r\nhost: x\r\nproxy-authorization: ${credential}\r\n\r\n`;
  const origins = ['http://orders.mesh.internal', 'http://orders.mesh.internal', `http://127.0.0.1:${outside}`];
  socket.write([...origins, ...origins].map(ask).join(''));
  await readUntil(socket, 'orders.');
  const rest = socket.readableLength;
  assert.ok(rest >= 0);
  await readUntil(socket, 'outside.');
  socket.destroy();
});

test('the credential is asked for at each request of a connection', async () => {
  await using home = await TestHome.create('orders', 'web');
  await home.sidecar('orders', { port: String(await home.serve((_, response) => response.end('orders.'))) });
  const { port, credential } = await proxyOf(home);
  const wrong = ['', `proxy-authorization: ${credential}x\r\n`, `proxy-authorization: ${credential}\r\n`.repeat(2)];
  for (const fields of wrong) {
    const socket = await dialPlain(port);
    const start = 'GET http://orders.mesh.internal/ HTTP/1.1\r\nhost: x\r\n';
    socket.write(`${start}proxy-authorization: ${credential}\r\n\r\n`);
    assert.match(await readUntil(socket, 'orders.'), /^HTTP\/1\.1 200 /);
    socket.write(`${start}${fields}\r\n`);
    assert.match(await readUntil(socket, '}'), /^HTTP\/1\.1 407 [^]*proxy-authenticate: Basic realm="themis"/);
    socket.destroy();
  }
});

test('a service of raw bytes is not taken for one of HTTP', async () => {
  await using home = await TestHome.create('orders', 'web');
  const raw = await listenPlain(home, (socket) => socket.end('raw'));
  await home.sidecar('orders', { port: String(raw), protocol: 'tcp' });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=http:orders`] });
  const socket = await dialPlain(local);
  socket.write(`${GET}\r\n`);
  assert.match(await readUntil(socket, '}'), /^HTTP\/1\.1 503 [^]*THEMIS_NO_INSTANCE/);
  socket.destroy();
});
