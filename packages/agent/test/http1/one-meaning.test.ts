import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { within } from '@themis-mesh/testkit';
import { readStrictly } from '../strict-http.ts';
import { accepted, type ReadRequest } from './meaning.ts';
import { mutatedRequests } from './mutations.ts';
import { readRequests, slice } from './transcript.ts';
import { lastChunk } from '../../src/http1/chunks.ts';
import { onwardFields } from '../../src/http1/onward.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';
import { requestHeadText } from '../../src/http1/write-head.ts';

test('any slicing of the bytes is read alike', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(mutatedRequests, lengths, (text, cuts) => {
      const { fault, ...whole } = readRequests([Buffer.from(text, 'latin1')]);
      const { fault: later, ...sliced } = readRequests(slice(text, cuts));
      assert.deepEqual(sliced, whole);
      assert.equal(later === undefined, fault === undefined);
    }),
    { numRuns: 3000 },
  );
});

test('whatever is accepted is written anew so that a reader without any leniency reads the same', () => {
  let count = 0;
  fc.assert(
    fc.property(mutatedRequests, (text) => {
      const { messages, fault } = readRequests([Buffer.from(text, 'latin1')]);
      if (fault !== undefined) return;
      for (const { head, body, trailers } of messages) {
        count += 1;
        const [seen, ...more] = readStrictly(Buffer.from(writtenAnew(head, body), 'latin1'));
        assert.ok(seen !== undefined && more.length === 0);
        assert.deepEqual([seen.method, seen.target, seen.body], [head.method, head.target, body]);
        const names = seen.fields.map(([name]) => name);
        assert.ok(!names.some((name) => /^(?:connection|te|keep-alive|upgrade|proxy-.*|x-themis-.*)$/.test(name)));
        assert.ok(trailers.length % 2 === 0);
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(count > 500, `${count} were accepted`);
});

function writtenAnew(head: RequestHead, body: string): string {
  const fields = onwardFields(head);
  if (head.host === undefined) fields.push('host', 'a');
  const { framing } = head;
  assert.ok(framing === 'chunked' || typeof framing === 'number');
  const text = requestHeadText({ method: head.method, path: head.target, fields, framing });
  return framing === 'chunked'
    ? `${text}${body.length.toString(16)}\r\n${body}\r\n${body === '' ? '' : lastChunk([])}`
    : text + body;
}

test("whatever is accepted is accepted, and read alike, by Node's parser", async (t) => {
  let seen: ReadRequest[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      seen.push({
        method: request.method ?? '',
        target: request.url ?? '',
        fields: lowerNames(request.rawHeaders),
        body: Buffer.concat(chunks).toString('latin1'),
        trailers: lowerNames(request.rawTrailers),
      });
      response.end();
    });
  };
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 100_000 }, onRequest);
  server.on('checkContinue', onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(mutatedRequests, async (text) => {
      const bytes = Buffer.from(text, 'latin1');
      const ours = accepted(readRequests([bytes]));
      if (ours === undefined || ours.length === 0 || /upgrade/i.test(text)) return;
      count += 1;
      seen = [];
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      socket.once('end', () => socket.destroy());
      await within(new Promise((resolve) => socket.once('close', resolve)), 'the answers');
      assert.deepEqual(seen.slice(0, ours.length), ours);
    }),
    { numRuns: 1500 },
  );
  assert.ok(count > 100, `${count} were accepted`);
});

function lowerNames(raw: readonly string[]): string[] {
  return raw.map((part, index) => (index % 2 === 0 ? part.toLowerCase() : part));
}
