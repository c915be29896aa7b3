import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { historyBytes, MemorySigner, rotate, type Signer } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import { openHomeDirectory } from '@themis-mesh/owner';
import { readForkProofs, RecoveryFile } from '@themis-mesh/storage';
import { waitFor } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { callRaw, keysOf, type Keys } from './raw-caller.ts';
import { serviceName, TestHome } from './test-home.ts';

/** A directory that tells of no change. */
function silent(directory: Directory): Directory {
  return {
    store: (record, options) => directory.store(record, options),
    find: (key, options) => directory.find(key, options),
    instances: (service, options) => directory.instances(service, options),
    async *watch(_, signal) {
      if (!signal.aborted) await once(signal, 'abort');
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

test('a newcomer that knows a newer charter makes whom it calls ask for it', async () => {
  await using home = await TestHome.create('orders');
  await using directory = silent(openHomeDirectory(home.home, home.app, () => Math.floor(Date.now() / 1000)));
  const { mesh: orders } = await home.serve('orders', ({ peer }, response) => response.end(peer.by), { directory });
  const before = orders.trust.app.charter.sequence;
  await home.add('mail');
  const mail = await home.join('mail');
  assert.equal(await (await mail.fetch('http://orders/')).text(), 'membership');
  assert.deepEqual(before, [0, 1]);
  await waitFor(() => orders.trust.app.charter.memberById(mail.id) !== undefined, 'the charter', 3000);
});

test('two histories of one identity are an alarm, and kept as proof', async () => {
  await using home = await TestHome.create('orders', 'web');
  const orders = await home.serve('orders', (_, response) => response.end());
  const alarms: string[] = [];
  orders.mesh.events.on('alarm', ({ refusal }) => alarms.push(refusal.code));
  const keys = await keysOf(home, 'web');
  const revealed = await new RecoveryFile(home.home.service(serviceName('web')).recovery).committed(keys.history);
  const [owner, thief] = [await rotatedBy(keys, revealed), await rotatedBy(keys, revealed)];

  const channel = await callRaw(owner, orders);
  await rejectsWith(callRaw(thief, orders), 'THEMIS_REFUSED_BY_PEER', 'history-forked');
  channel.cut();
  await waitFor(() => alarms.includes('history-forked'), 'the alarm');
  const [proof, ...others] = await readForkProofs(home.home.alarms);
  assert.deepEqual([proof?.id, proof?.kind, others], [keys.history.id, 'history', []]);
  assert.deepEqual(
    [proof?.first, proof?.other],
    [owner, thief].map(({ history }) => Buffer.from(historyBytes(history))),
  );
});

async function rotatedBy(keys: Keys, revealed: readonly Signer[]): Promise<Keys> {
  const [signer, next] = [MemorySigner.generate(), MemorySigner.generate()];
  const [operational, recovery] = [signer, next].map((only) => ({ signers: [only], threshold: 1 }));
  assert(operational !== undefined && recovery !== undefined);
  const now = Math.floor(Date.now() / 1000);
  return { ...keys, signer, history: await rotate(keys.history, { revealed, operational, recovery, grace: 0, now }) };
}
