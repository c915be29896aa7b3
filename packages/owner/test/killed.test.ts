import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { believeMember, readMembership, ThemisError } from '@themis-mesh/core';
import { IdentityFile, parseServiceName } from '@themis-mesh/storage';
import { addService, readApp } from '../src/index.ts';
import { makeApp, NOW, openPlace } from './workshop.ts';

const ADD_ONE = fileURLToPath(new URL('add-one.ts', import.meta.url));
const KILLS = 12;
const STEP_MS = 12;

test('an owner that is killed at any moment leaves what its next action finishes', async (t) => {
  const place = await makeApp(t);
  let finished = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const name = parseServiceName(`s${kill}`);
    const words = ['-C', 'themis-source', ADD_ONE, place.home.root, name];
    await killAfter(spawn(process.execPath, words, { stdio: 'pipe' }), kill * STEP_MS);
    const again = await openPlace(place.home, NOW);
    const added = await addService(again, name).catch((error: unknown) => {
      if (!ThemisError.is(error, 'THEMIS_IDENTITY_EXISTS')) throw error;
      finished += 1;
      return undefined;
    });
    const app = await readApp(again);
    const identity = await new IdentityFile(place.home.service(name).identity).read();
    const membership = readMembership(identity?.service?.membership ?? new Uint8Array());
    assert.ok(identity !== undefined && membership.ok);
    assert.ok(believeMember({ history: identity.history, membership: membership.value }, { app, freshness: 600 }, NOW).ok);
    assert.equal(added?.member.id ?? identity.history.id, app.charter.memberByName(name)?.id);
  }
  t.diagnostic(`${finished} of ${KILLS} had finished before they were killed`);
});

/** Kills a process so long after it has begun. */
async function killAfter(child: ChildProcess, milliseconds: number): Promise<void> {
  const ended = once(child, 'exit');
  child.stdout?.once('data', () => void delay(milliseconds).then(() => child.kill('SIGKILL')));
  await ended;
}
