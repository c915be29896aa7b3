import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { systemClock, type Clock } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import { openHomeDirectory } from '@themis-mesh/owner';
import { waitFor } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

/** What is done each half minute is done at once. */
const HURRIED: Clock = { now: systemClock.now, after: (span, run) => systemClock.after(span === 30_000 ? 10 : span, run) };

test('a directory that throws is one that does not answer, and is asked again', async () => {
  await using home = await TestHome.create('orders', 'web');
  await using directory = openHomeDirectory(home.home, home.app, () => Math.floor(Date.now() / 1000));
  let isBroken = false;
  const work: Directory = {
    store: (record, options) => directory.store(record, options),
    find: (key, options) => (isBroken ? Promise.reject(new RangeError('a defect')) : directory.find(key, options)),
    instances: (service, options) => directory.instances(service, options),
    async *watch(_, signal) {
      if (!signal.aborted) await once(signal, 'abort');
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { mesh: orders } = await home.serve('orders', (_, response) => response.end(), { directory: work, clock: HURRIED });
  const told: unknown[] = [];
  orders.events.on('directory-failed', ({ error }) => told.push(error));
  isBroken = true;
  await waitFor(() => told.length > 0, 'the failure to be told');
  assert.ok(told.every((error) => ThemisError.is(error, 'THEMIS_DIRECTORY_UNAVAILABLE')));
  isBroken = false;
  await home.remove('web');
  await waitFor(() => orders.trust.app.charter.claims.removed.length === 1, 'the news');
});
