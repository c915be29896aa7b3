import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoredHistories } from '@themis-mesh/storage';
import { Script } from '@themis-mesh/testkit';
import { keysFit, placeIn, rotateOnce } from './identities.ts';

const WRITER = join(import.meta.dirname, 'crash-writer.ts');

export interface CrashDrill {
  readonly folder: string;
  readonly kills: number;
  readonly passphrase?: string;
}

/** What the writer said that it had done. */
interface Said {
  readonly id: string;
  readonly written: number;
  readonly remembered: number;
}

/**
 * Kills a process that writes state, again and again, at random moments, and looks each time at what it left: each file as
 * before or as after the write, the keys always those of the history, the recovery keys always those committed to, and
 * nothing lost that the process had said was written.
 *
 * @returns how many writes were said, in all
 */
export async function crashDrill({ folder, kills, passphrase }: CrashDrill): Promise<number> {
  let count = 0;
  let told: ReadonlyMap<string, Said> = new Map();
  for (let kill = 0; kill < kills; kill += 1) {
    const writer = new Script(WRITER, passphrase === undefined ? [folder] : [folder, passphrase]);
    await writer.said('written');
    await delay(randomInt(0, 100));
    await writer.kill();
    count += writer.lines.length;
    told = listen(told, writer.lines);
    await inspect(folder, told, passphrase);
  }
  await expectClean(folder, told, passphrase);
  return count;
}

function listen(told: ReadonlyMap<string, Said>, lines: readonly string[]): ReadonlyMap<string, Said> {
  const next = new Map(told);
  for (const line of lines) {
    const match = /^(written|remembered) (\d+) ([a-z2-7]{52}) (\d+)$/.exec(line);
    // The last line may have been cut off by the kill.
    if (match === null) continue;
    const [, what, generation, id, seq] = match.map(String);
    const before = next.get(String(generation)) ?? { id: String(id), written: 0, remembered: -1 };
    assert.equal(id, before.id, `generation ${generation} is the same identity in every life`);
    next.set(String(generation), { ...before, [String(what)]: Number(seq) });
  }
  return next;
}

async function inspect(folder: string, told: ReadonlyMap<string, Said>, passphrase: string | undefined): Promise<void> {
  const seen = await StoredHistories.open(join(folder, 'seen'), { alarms: join(folder, 'alarms') });
  for (const [generation, said] of [...told].slice(-3)) {
    const place = placeIn(join(folder, `svc-${generation}`), passphrase === undefined ? undefined : Buffer.from(passphrase));
    const identity = await place.identity.read();
    assert.ok(identity !== undefined && keysFit(identity), 'the keys are those of the history');
    const { history } = identity;
    assert.equal(history.id, said.id);
    assert.ok(history.seq === said.written || history.seq === said.written + 1, `${history.seq} on disk, ${said.written} said`);
    await place.recovery.committed(history);
    const remembered = seen.get(history.id)?.seq ?? -1;
    assert.ok(remembered >= said.remembered && remembered <= history.seq, `${remembered} remembered, ${said.remembered} said`);
  }
}

/** The next life sweeps what the dead left. */
async function expectClean(folder: string, told: ReadonlyMap<string, Said>, passphrase: string | undefined): Promise<void> {
  const [generation, said] = [...told].findLast(([, { written }]) => written < 14) ?? [];
  if (generation === undefined || said === undefined) return;
  const path = join(folder, `svc-${generation}`);
  await rotateOnce(placeIn(path, passphrase === undefined ? undefined : Buffer.from(passphrase)));
  const names = (await readdir(path)).filter((name) => !/\.lock\.[0-9a-f]{32}$/.test(name));
  assert.deepEqual(names, ['identity.json', 'recovery.json']);
}
