import { interleave } from '../../scripts/measure/index.ts';
import type { NodeRelease } from '../peers/node-releases.ts';
import type { Row, Sample, Section } from '../peers/results.ts';
import { tableOf, textTable, titleOf } from '../peers/tables.ts';
import { CATALOG, type CatalogEntry } from './catalog.ts';
import type { Order } from './end.ts';
import { startPair, type EndPair } from './pair.ts';

export interface InProcessPlan {
  readonly nodes: readonly NodeRelease[];
  readonly rounds: number;
  readonly seconds: number;
}

const LOADS = [
  { load: 'closed', level: 1 },
  { load: 'closed', level: 16 },
  { load: 'closed', level: 64 },
  { load: 'open', level: 3000 },
] as const satisfies readonly Omit<Order, 'seconds'>[];

/** A client process and a server process for each contender and release of Node.js; contenders of one release in turn. */
export async function measureInProcess(
  { nodes, rounds, seconds }: InProcessPlan,
  print: (line: string) => void,
): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const node of nodes) {
    await using started = new AsyncDisposableStack();
    const pairs: EndPair[] = [];
    for (const entry of CATALOG) pairs.push(started.use(await startPair(entry, node)));
    for (const load of LOADS) {
      const variants = pairs.map((pair) => [pair.name, (): Promise<Sample> => pair.run({ ...load, seconds })] as const);
      const results = await interleave(Object.fromEntries(variants), { rounds });
      const rows = CATALOG.map((entry): Row => ({ name: entry.name, kind: kindOf(entry), samples: results[entry.name] ?? [] }));
      const section: Section = { ...load, carries: 'in process', node: node.version, rows };
      print(`\n${titleOf(section)} (medians of ${rounds} interleaved rounds)`);
      for (const line of textTable(tableOf(section))) print(line);
      sections.push(section);
    }
  }
  return sections;
}

/** Plain HTTP is what ours are held against, as native proxies are elsewhere. */
function kindOf({ bounds }: CatalogEntry): Row['kind'] {
  return bounds === undefined ? 'native' : 'ours';
}
