import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { look } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import { Stage } from '@themis-mesh/testkit';

test('who listens shows its chain and its clock to anybody, and takes nobody in', async () => {
  await using stage = await Stage.open();
  const before = Date.now();
  const { chain, protocol, answer, answeredAt } = await look({ address: stage.address });
  const { leaf, identity } = stage.credentials.current;
  assert.deepEqual(
    chain.map((der) => Buffer.from(der)),
    [Buffer.from(leaf), Buffer.from(identity)],
  );
  assert.equal(protocol, 'themis-http/1');
  assert(answer?.answer === 'refused');
  assert.equal(answer.code, 'chain-empty');
  assert(answer.clock >= before && answeredAt >= answer.clock);
  assert.equal(stage.accepted.length, 0);
});

test('where nothing but http/1.1 is spoken, there is no answer', async () => {
  await using stage = await Stage.open({ protocols: ['http/1.1'] });
  const { chain, protocol, answer } = await look({ address: stage.address });
  assert.equal(chain.length, 2);
  assert.equal(protocol, 'http/1.1');
  assert.equal(answer, undefined);
});

test('a port that speaks something else, one that is silent, and one that is closed', async () => {
  const loud = createServer((socket) => socket.on('error', () => undefined).end('220 mail ready\r\n'));
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  for (const server of [loud, silent]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = (server: typeof loud): { address: { host: string; port: number }; timeout: number } => {
    return { address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, timeout: 100 };
  };
  const places = [at(loud), at(silent)] as const;
  await assert.rejects(look({ ...places[0], timeout: 5000 }), (error) => ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED'));
  await assert.rejects(look(places[1]), (error) => ThemisError.is(error, 'THEMIS_HANDSHAKE_TIMEOUT'));
  loud.close();
  silent.close();
  await assert.rejects(look(places[0]), (error) => ThemisError.is(error, 'THEMIS_DIAL_FAILED'));
});
