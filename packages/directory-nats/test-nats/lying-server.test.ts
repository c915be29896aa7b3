import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { openNatsDirectory } from '@themis-mesh/directory-nats';
import { Signers, Watch, within } from '@themis-mesh/testkit';

const INFO = JSON.stringify({
  server_id: 'X',
  version: '2.15.0',
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
  jetstream: true,
});

/** What one that calls itself a NATS server does to whoever connects. */
const LIARS: Readonly<Record<string, (socket: Socket) => void>> = {
  'says nothing': () => {},
  'hangs up at once': (socket) => socket.destroy(),
  'speaks another protocol': (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'introduces itself with what is no JSON': (socket) => void socket.write('INFO {"a":\r\n'),
  'introduces itself with null': (socket) => void socket.write('INFO null\r\n'),
  'introduces itself with odd types': (socket) =>
    void socket.write('INFO {"version":5,"max_payload":"x","nonce":{},"connect_urls":7}\r\n'),
  'goes on with junk': (socket) => void socket.write(`INFO ${INFO}\r\nPONG\r\n\u0000\u0001\u0002junk\r\n`),
  'answers nothing that is asked': (socket) => {
    socket.write(`INFO ${INFO}\r\n`);
    socket.on('data', (data) => void (data.includes('PING') && socket.write('PONG\r\n')));
  },
  'answers every request with junk': (socket) => answering(socket, () => '{"type":"io.nats","config":'),
  'answers every request with null': (socket) => answering(socket, () => 'null'),
  'answers every request with what is empty': (socket) => answering(socket, () => '{}'),
  'answers every request with odd types': (socket) =>
    answering(socket, () =>
      JSON.stringify({ created: 5, config: 'x', state: [], message: { data: {}, subject: 9 }, stream: 'KV_x', seq: 'y' }),
    ),
  'answers with a bucket, and with junk as what is in it': (socket) =>
    answering(socket, (subject) => {
      if (subject.includes('STREAM.INFO'))
        return JSON.stringify({ created: 'now', config: { max_age: 0 }, state: { subjects: { a: 1, '': 'x' } } });
      return JSON.stringify({ message: { subject: '$KV.themis-lasting.x', seq: -1, data: '!!!', time: 'never', hdrs: '%%' } });
    }),
};

for (const [what, lie] of Object.entries(LIARS)) {
  test(`a server that ${what} is unavailable in time, and harms nobody`, async (t) => {
    const signers = await Signers.create();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      lie(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    await using directory = await openNatsDirectory({
      ...{ servers: `nats://127.0.0.1:${address.port}`, now: () => signers.now, timeoutMs: 500, rescanMs: 100 },
    });
    await using _ = new Watch(directory, { kind: 'instances', id: signers.orders.id });
    const asked = [
      directory.find(signers.history().key),
      directory.store(signers.history()),
      directory.instances(signers.orders.id),
    ];
    const answers = await within(Promise.all(asked), 'the answers', 3000);
    for (const { outcome } of answers.slice(0, 2)) assert.ok(['unavailable', 'not-found'].includes(outcome), outcome);
    const [, , instances] = answers;
    assert.ok(instances?.outcome === 'unavailable' || (instances?.outcome === 'found' && !('record' in instances)));
  });
}

/** Speaks as much of the protocol as it takes to answer what is asked. */
function answering(socket: Socket, answer: (subject: string) => string): void {
  socket.write(`INFO ${INFO}\r\n`);
  socket.on('data', (data) => {
    const text = data.toString('latin1');
    if (text.includes('PING\r\n')) socket.write('PONG\r\n');
    for (const [, subject = '', reply = ''] of text.matchAll(/^H?PUB (\S+) (\S+) [\d ]+\r$/gm)) {
      const said = answer(subject);
      socket.write(`MSG ${reply} 1 ${Buffer.byteLength(said)}\r\n${said}\r\n`);
    }
  });
}
