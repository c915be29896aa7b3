import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { waitFor } from '@themis-mesh/testkit';
import { callUnary, echo, UNARY } from './echo.ts';
import { GrpcBed } from './grpc-bed.ts';

test('both sides log each call, with its method and how it ended', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const logs = { web: '', payments: '' };
  const payments = await bed.join('payments', { instance: 'till', accessLog: (lines) => (logs.payments += lines) });
  await bed.serve(
    payments,
    echo(undefined, {
      unary: ({ request }, answer) => {
        if (String(request) === 'fail') answer({ code: status.NOT_FOUND, details: 'no such thing' });
        else answer(null, request);
      },
    }),
  );
  const web = await bed.join('web', { accessLog: (lines) => (logs.web += lines) });
  const client = bed.client(web, 'payments');
  await callUnary(client, 'one');
  await assert.rejects(callUnary(client, 'fail'), { code: status.NOT_FOUND });
  const linesOf = (text: string): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await waitFor(() => linesOf(logs.web).length === 2 && linesOf(logs.payments).length === 2, 'two lines on each side');
  for (const [side, direction] of [
    ['web', 'outbound'],
    ['payments', 'inbound'],
  ] as const) {
    const wanted = { direction, caller: 'web', service: 'payments', instance: 'till', protocol: 'grpc', method: 'POST' };
    const [good, bad] = linesOf(logs[side]);
    const shown = (line: Record<string, unknown> | undefined): object =>
      Object.fromEntries([...Object.keys(wanted), 'path', 'status', 'grpc_status'].map((name) => [name, line?.[name]]));
    assert.deepEqual(shown(good), { ...wanted, path: UNARY, status: 200, grpc_status: 0 });
    assert.deepEqual(shown(bad), { ...wanted, path: UNARY, status: 404, grpc_status: status.NOT_FOUND });
  }
  assert.match(
    web.metrics.text(),
    /themis_requests_total\{direction="outbound",peer="payments",protocol="grpc",status="4xx"\} 1/,
  );
});
