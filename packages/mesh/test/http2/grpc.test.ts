import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { openHttp2Bed } from './http2-bed.ts';

/** The head of what a call of gRPC is answered, and the trailers behind it. */
async function call(session: ClientHttp2Session, path: string): Promise<IncomingHttpHeaders> {
  const stream = session.request({ ':path': path, ':method': 'POST', 'content-type': 'application/grpc' });
  let trailers: IncomingHttpHeaders = {};
  stream.once('trailers', (fields: IncomingHttpHeaders) => (trailers = fields));
  stream.resume().end();
  const [head] = (await within(once(stream, 'response'))) as [IncomingHttpHeaders];
  if (!stream.closed) await within(once(stream, 'close'));
  return { ...head, ...trailers };
}

test('a call of gRPC that is not taken is answered in its words, and the log has how each ended', async () => {
  let log = '';
  const limits = { perCaller: { perSecond: 1, burst: 3 } };
  const rules = [{ name: 'pay', action: 'allow', services: ['web'], paths: ['/shop.Pay/*'] } as const];
  const joined = { traffic: { payments: { limits } }, policy: { rules }, accessLog: (lines: string) => (log += lines) };
  await using bed = await openHttp2Bed(undefined, {}, joined);
  bed.server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.resume();
    const fields = { 'grpc-status': headers[':path'] === '/shop.Pay/Lose' ? '5' : '0' };
    if (headers[':path'] === '/shop.Pay/None') {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...fields }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(fields));
    stream.end();
  });
  const session = await bed.session();
  const said = [];
  for (const path of ['/shop.Pay/Charge', '/shop.Pay/Lose', '/shop.Pay/None', '/shop.Pay/Charge', '/shop.Books/Read']) {
    const { ':status': status, 'grpc-status': code, 'grpc-message': message } = await call(session, path);
    said.push([status, code, message]);
  }
  assert.deepEqual(said, [
    [200, '0', undefined],
    [200, '5', undefined],
    [200, '0', undefined],
    [200, '8', 'THEMIS_RATE_LIMITED'],
    [200, '7', 'policy-no-rule'],
  ]);
  await waitFor(() => log.split('\n').length === 6, 'the log');
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ protocol, path, status, grpc_status: code, refusal }) => [protocol, path, status, code, refusal]),
    [
      ['grpc', '/shop.Pay/Charge', 200, 0, undefined],
      ['grpc', '/shop.Pay/Lose', 404, 5, undefined],
      ['grpc', '/shop.Pay/None', 200, 0, undefined],
      ['grpc', '/shop.Pay/Charge', 429, 8, 'THEMIS_RATE_LIMITED'],
      ['grpc', '/shop.Books/Read', 403, 7, 'policy-no-rule'],
    ],
  );
});
