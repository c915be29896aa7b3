import { UsageError } from '../usage-error.ts';
import { listMeasurements, loadMeasurement } from './catalog.ts';
import { describeGoal, goalJson } from './goal.ts';
import { describeNoise } from './noise.ts';

export interface MeasureOutput {
  /** What was asked for. */
  readonly result: (line: string) => void;
  /** What is for people, beside it. */
  readonly progress: (line: string) => void;
}

export const TERMINAL: MeasureOutput = {
  result: (line) => {
    console.log(line);
  },
  progress: (line) => {
    console.error(line);
  },
};

/**
 * `[NAME] [--list] [--json] [words for the measurement]`
 *
 * @returns the exit code: 0 only where every goal holds.
 * @throws UsageError for a name that there is not.
 */
export async function runMeasureCommand(folder: string, words: readonly string[], output: MeasureOutput): Promise<number> {
  const [name, ...others] = words.filter((word) => word !== '--json');
  if (name === undefined || name === '--list') return list(folder, output);
  if (name.startsWith('-')) throw new UsageError('[NAME] [--list] [--json] [words for NAME]');
  const json = words.includes('--json');
  // With --json, standard output holds the goals alone.
  const print = json ? output.progress : output.result;

  const measurement = await loadMeasurement(folder, name);
  print(`${measurement.name}: ${measurement.summary}`);
  print(describeNoise());
  const goals = await measurement.run({ words: others, print });
  if (goals.length === 0) throw new TypeError(`${name} holds nothing against a bound`);
  for (const goal of goals) print(describeGoal(goal));
  if (json) for (const goal of goals) output.result(goalJson(goal));
  return goals.every((goal) => goal.holds) ? 0 : 1;
}

async function list(folder: string, output: MeasureOutput): Promise<number> {
  const names = listMeasurements(folder);
  const width = Math.max(0, ...names.map((name) => name.length));
  for (const name of names) output.result(`${name.padEnd(width)}  ${(await loadMeasurement(folder, name)).summary}`);
  if (names.length === 0) output.progress('there is none yet');
  return 0;
}
