import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestHome } from './test-home.ts';

test('a request from the mesh reaches the app, and the app is told who calls', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await home.serve((request, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const { mesh: orders } = await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');

  const answer = await web.fetch('http://orders/a%2Fb?c=d');
  assert.equal(answer.status, 200);
  const seen = (await answer.json()) as { url: string; headers: Record<string, string> };
  assert.equal(seen.url, '/a%2Fb?c=d');
  assert.equal(seen.headers['x-themis-caller'], 'web');
  assert.equal(seen.headers['host'], 'orders');
  assert.match(
    seen.headers['x-forwarded-client-cert'] ?? '',
    new RegExp(`^By=spiffe://${orders.id};Hash=[0-9a-f]{64};URI=${web.spiffeId}$`),
  );
});
