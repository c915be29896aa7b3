import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { waitFor, within } from '@themis-mesh/testkit';
import { TestHome } from '../test-home.ts';

/** The ways to read a stream of events in process. */
const FETCHES: Readonly<Record<string, (mesh: Mesh, url: string) => Promise<Response>>> = {
  'mesh.fetch': (mesh, url) => mesh.fetch(url),
  'the global fetch': (mesh, url) => fetch(url, { dispatcher: mesh.dispatcher }),
};

for (const [name, call] of Object.entries(FETCHES)) {
  test(`server-sent events by ${name} come one by one, and end with the right to them`, async () => {
    await using home = await TestHome.create('web', 'payments');
    const readers: ServerResponse[] = [];
    const listener: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.flushHeaders();
      readers.push(response);
    };
    await home.serve('payments', listener);
    const response = await within(call(await home.join('web'), 'https://payments/events'));
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let id = 1; id <= 3; id += 1) {
      readers[0]?.write(`id: ${id}\ndata: ${'x'.repeat(id)}\n\n`);
      const { value } = await within(reader.read(), 'an event');
      assert.equal(Buffer.from(value ?? []).toString(), `id: ${id}\ndata: ${'x'.repeat(id)}\n\n`);
    }
    const end = assert.rejects(async () => {
      await reader.read();
    });
    await home.setPolicy('payments', { default: 'deny-all', allow: [] });
    await within(end, 'the end', 3000);
    await waitFor(() => readers[0]?.destroyed === true, 'the end at the server');
  });

  test(`a reader of events by ${name} who goes away is noticed`, async () => {
    await using home = await TestHome.create('web', 'payments');
    let gone = 0;
    await home.serve('payments', (_, response) => {
      response.on('close', () => (gone += 1));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    });
    const response = await call(await home.join('web'), 'https://payments/events');
    await response.body?.cancel();
    await waitFor(() => gone === 1, 'the end at the server');
  });
}
