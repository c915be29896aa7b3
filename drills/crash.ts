import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atLeast, atMost } from '../scripts/measure/index.ts';
import type { Measurement } from '../scripts/measure/index.ts';
import { ROOT } from '../scripts/root.ts';

const KILLS = 200;

/** The crash test of the storage, with as many kills as asked for instead of a few. */
export const crash: Measurement = {
  name: 'crash',
  summary: 'kills processes while they write state, and looks at what they leave [KILLS]',
  async run({ words, print }) {
    const kills = Number(words[0] ?? KILLS);
    if (!Number.isSafeInteger(kills) || kills < 2) throw new RangeError(`${words[0] ?? ''} is no number of kills`);
    const file = join(ROOT, 'packages/storage/test/crash.test.ts');
    const child = spawn(process.execPath, ['-C', 'themis-source', '--test', '--test-reporter=tap', file], {
      env: { ...process.env, THEMIS_TEST_KILLS: String(kills) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let report = '';
    child.stdout.on('data', (data: Buffer) => (report += data.toString()));
    await once(child, 'close');
    if (child.exitCode !== 0) print(report);
    const said = /# (\d+) kills, (\d+) writes/.exec(report);
    return [
      atMost('runs that left state neither old nor new, or keys of another history', child.exitCode === 0 ? 0 : 1, 'runs', 0),
      atLeast('kills at random moments', Number(said?.[1] ?? 0), 'kills', kills),
      atLeast('writes that were said to be done, and were found', Number(said?.[2] ?? 0), 'writes', kills),
    ];
  },
};
