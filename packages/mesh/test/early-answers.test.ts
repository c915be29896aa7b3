import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

/** A body that goes on for as long as somebody takes it. */
function endless(): { readonly stream: ReadableStream; readonly isCancelled: () => boolean } {
  let isCancelled = false;
  const stream = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(new Uint8Array(16_384));
    },
    cancel() {
      isCancelled = true;
    },
  });
  return { stream, isCancelled: () => isCancelled };
}

test('an answer that comes before the body was sent is an answer, and the body is let go of', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    request.on('error', () => undefined);
    if (request.url === '/reads') request.resume();
    response.writeHead(413, { connection: 'close' }).end('too much');
  });
  const web = await home.join('web');
  for (const path of ['/reads', '/does-not-read']) {
    const { stream, isCancelled } = endless();
    const response = await web.fetch(`https://payments${path}`, { method: 'POST', body: stream, duplex: 'half' });
    assert.deepEqual([response.status, await response.text()], [413, 'too much']);
    await waitFor(isCancelled, 'the source to hear that nobody takes more');
  }
});

test('an answer that begins early goes on while the body is sent', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    response.writeHead(200).flushHeaders();
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(String(bytes)));
  });
  const web = await home.join('web');
  const body = new Blob([new Uint8Array(3_000_000)]).stream();
  const response = await web.fetch('https://payments/', { method: 'POST', body, duplex: 'half' });
  assert.equal(await response.text(), '3000000');
});
