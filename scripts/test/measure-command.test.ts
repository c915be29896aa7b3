import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { suite } from 'node:test';
import { runMeasureCommand } from '../measure/command.ts';
import { atLeast, atMost } from '../measure/index.ts';

const GOALS = new URL('../measure/goal.ts', import.meta.url).href;

const SOUND = measurement('sound', `[atMost('delay', 1.5, 'ms', 2), atLeast('seen', 3, 'cases', 3)]`);
const FAILING = measurement('failing', `[atMost('delay', 1, 'ms', 2), atMost('losses', 1, 'requests', 0)]`);

suite('npm run bench', () => {
  test('exits with 0 where every goal holds, and shows figures and bounds', async () => {
    const { code, results } = await command({ sound: SOUND }, ['sound', 'a', 'b']);
    assert.equal(code, 0);
    assert.equal(results[0], 'sound: what sound measures');
    assert.match(results[1] ?? '', /^noise: one fixed loop took [\d.]+ to [\d.]+ ms, .* Node\.js v/);
    assert.deepEqual(results.slice(2), [
      'words: a b',
      'holds  delay: 1.5 ms (wanted ≤ 2 ms)',
      'holds  seen: 3 cases (wanted ≥ 3 cases)',
    ]);
  });

  test('exits with 1 where one goal fails', async () => {
    const { code, results } = await command({ failing: FAILING }, ['failing']);
    assert.equal(code, 1);
    assert.equal(results.at(-1), 'FAILS  losses: 1 requests (wanted ≤ 0 requests)');
  });

  test('prints nothing but a line of JSON for each goal with --json', async () => {
    const { code, results, progress } = await command({ failing: FAILING }, ['failing', '--json']);
    assert.equal(code, 1);
    assert.deepEqual(results, [
      '{"goal": "delay", "value": 1, "unit": "ms", "bound": 2, "holds": true}',
      '{"goal": "losses", "value": 1, "unit": "requests", "bound": 0, "holds": false}',
    ]);
    assert.equal(progress[2], 'words: ');
  });

  test('lists names with summaries, with --list or without a name', async () => {
    for (const words of [[], ['--list']]) {
      const { code, results } = await command({ sound: SOUND, failing: FAILING }, words);
      assert.equal(code, 0);
      assert.deepEqual(results, ['failing  what failing measures', 'sound    what sound measures']);
    }
  });

  test('names what there is where the name is unknown', async () => {
    await assert.rejects(command({ sound: SOUND, failing: FAILING }, ['../sound']), {
      name: 'UsageError',
      message: 'there is no ../sound; there is: failing, sound',
    });
    await assert.rejects(command({}, ['sound']), { message: 'there is no sound; there is: none yet' });
    await assert.rejects(command({ sound: SOUND }, ['--jsno', 'sound']), { name: 'UsageError' });
  });

  test('refuses a measurement that proves nothing', async () => {
    await assert.rejects(command({ empty: measurement('empty', '[]') }, ['empty']), /holds nothing against a bound/);
    await assert.rejects(command({ nan: measurement('nan', `[atMost('delay', 0 / 0, 'ms', 2)]`) }, ['nan']), RangeError);
    await assert.rejects(command({ other: SOUND }, ['other']), /other\.ts exports no object/);
  });
});

suite('a goal', () => {
  test('holds up to its bound, in the direction that it names', () => {
    assert.deepEqual(
      [1, 2, 3].map((value) => atMost('g', value, 'u', 2).holds),
      [true, true, false],
    );
    assert.deepEqual(
      [1, 2, 3].map((value) => atLeast('g', value, 'u', 2).holds),
      [false, true, true],
    );
  });

  test('refuses what is no figure', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => atMost('g', value, 'u', 2), RangeError);
      assert.throws(() => atLeast('g', 1, 'u', value), RangeError);
    }
  });
});

interface Outcome {
  readonly code: number;
  readonly results: readonly string[];
  readonly progress: readonly string[];
}

async function command(files: Readonly<Record<string, string>>, words: readonly string[]): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-measure-'));
  await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, `${name}.ts`), text);
  const results: string[] = [];
  const progress: string[] = [];
  const code = await runMeasureCommand(folder.path, words, {
    result: (line) => results.push(line),
    progress: (line) => progress.push(line),
  });
  return { code, results, progress };
}

function measurement(name: string, goals: string): string {
  return `
    import { atLeast, atMost } from ${JSON.stringify(GOALS)};
    export const measurement = {
      name: '${name}',
      summary: 'what ${name} measures',
      async run({ words, print }: { words: string[]; print: (line: string) => void }) {
        print('words: ' + words.join(' '));
        return ${goals};
      },
    };`;
}
