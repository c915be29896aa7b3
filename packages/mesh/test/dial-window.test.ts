import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { test } from 'node:test';
import { encodeAnswer, secureContextOptions, systemClock } from '@themis-mesh/channel';
import { InstanceName } from '@themis-mesh/core';
import { SwappableCredentials, TestApp, within } from '@themis-mesh/testkit';
import { makeTarget } from '../src/find/balancer.ts';
import { Dialer } from '../src/find/dialer.ts';
import { rejectsWith } from './expect-code.ts';
import { serviceName } from './test-home.ts';

test('a service that is removed while it draws out its answer gets no channel', async (t) => {
  const app = await TestApp.found(['web', 'payments']);
  const leaf = await app.leaf('payments');
  const secured = Promise.withResolvers<TLSSocket>();
  const server = createServer({
    ...secureContextOptions(leaf),
    ALPNProtocols: ['themis-tcp/1'],
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on('secureConnection', secured.resolve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    (await secured.promise).destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;

  const instance = InstanceName.parse('i1');
  assert(instance !== undefined);
  const target = makeTarget(app.service('payments').id, instance, { host: '127.0.0.1', port, alpn: ['themis-tcp/1'] });
  const trust = app.trust();
  const dialer = new Dialer({
    credentials: new SwappableCredentials(await app.leaf('web')),
    authenticator: trust,
    clock: systemClock,
    onFailure: () => undefined,
  });
  const opening = dialer.dial(serviceName('payments'), 'themis-tcp/1', target);
  const accepted = await within(secured.promise, 'the handshake');

  trust.takeApp(await app.remove('payments'));
  dialer.judgeAgain();
  accepted.write(encodeAnswer(Date.now()));
  await within(rejectsWith(opening, 'THEMIS_PEER_REFUSED', 'member-removed'), 'the dial');
  assert.deepEqual([...dialer.channels], []);
});
