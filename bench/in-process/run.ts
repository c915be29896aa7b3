import type { Goal } from '../../scripts/measure/index.ts';
import type { NodeRelease } from '../peers/node-releases.ts';
import type { PeersOptions } from '../peers/options.ts';
import { observeEnvironment } from '../peers/report/environment.ts';
import { inProcessPage } from '../peers/report/in-process-page.ts';
import { writePage } from '../peers/report/write.ts';
import { inProcessGoals } from './goals.ts';
import { measureInProcess } from './measure.ts';

/** Measures, and writes the page where it is asked for. */
export async function runInProcess(
  { rounds, seconds, report }: Pick<PeersOptions, 'rounds' | 'seconds' | 'report'>,
  nodes: readonly NodeRelease[],
  print: (line: string) => void,
): Promise<readonly Goal[]> {
  const environment = observeEnvironment();
  const sections = await measureInProcess({ nodes, rounds, seconds }, print);
  const goals = inProcessGoals(sections);
  if (report) {
    const page = inProcessPage({ rounds, seconds, nodes, sections, goals, environment: environment() });
    print(`written: ${writePage('in-process.md', page)}`);
  }
  return goals;
}
