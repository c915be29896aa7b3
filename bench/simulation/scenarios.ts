import { KAD } from '@themis-mesh/directory-kad';
import { BEHAVIOURS, type Behaviour } from './hostile.ts';
import type { TrialPlan } from './trial.ts';

/** One row of a table. */
export interface Scenario {
  readonly label: string;
  readonly plan: TrialPlan;
}

/** Rows that are to be held against each other. */
export interface Series {
  readonly name: 'size' | 'unrest' | 'hostile' | 'agree' | 'behaviour' | 'storers';
  readonly title: string;
  readonly words: string;
  readonly scenarios: readonly Scenario[];
}

/** What is simulated. @param isQuick seconds of work: 10 and 100 nodes, and a part of the finds */
export function scenariosOf(seed: number, isQuick: boolean): readonly Series[] {
  const sizes = isQuick ? [10, 100] : [10, 100, 1_000, 10_000];
  const nodes = isQuick ? 100 : 1_000;
  const some = isQuick ? 200 : 2_000;
  const many = isQuick ? 200 : 4_000;
  const seconds = isQuick ? 10 : 20;
  const all: Omit<TrialPlan, 'nodes' | 'hostile' | 'finds' | 'seconds'> = {
    ...{ seed, behaviours: BEHAVIOURS, churn: 0, dead: 0, loss: 0.01, values: 24, agree: KAD.readAgree, build: 'drawn' },
  };
  const quiet = { ...all, nodes, hostile: 0, finds: some, seconds: 30 };
  const unrest = { ...all, nodes, hostile: 0.25, finds: many, seconds, churn: 0.1 };
  return [
    {
      name: 'size',
      title: 'Honest nodes, none dying',
      words:
        'Where nodes joined one by one, each by three others, they know each other by what they said. Larger networks were drawn.',
      scenarios: sizes.flatMap((size) => {
        const drawn = { label: numberOf(size), plan: { ...quiet, nodes: size, build: size > 100 ? 'drawn' : 'joined' } as const };
        const check = { label: `${numberOf(size)}, drawn`, plan: { ...quiet, nodes: size } };
        return size === 100 ? [drawn, check] : [drawn];
      }),
    },
    {
      name: 'unrest',
      title: 'A quarter hostile, a tenth dying in a minute',
      words: `Up to 1,000 nodes in their upkeep. Of more, a tenth is dead at once and nobody has noticed, which is more than a
minute of dying does. *All 8* asks every storer (\`agree: 8\`), where the default ends a find when 3 agree.`,
      scenarios: sizes.flatMap((size) => {
        const plan = size > 1_000 ? { ...unrest, nodes: size, churn: 0, dead: 0.1 } : { ...unrest, nodes: size };
        return [
          { label: numberOf(size), plan },
          { label: `${numberOf(size)}, all 8`, plan: { ...plan, agree: KAD.replicas } },
        ];
      }),
    },
    {
      name: 'hostile',
      title: 'Hostile nodes among those that die',
      words: `${numberOf(nodes)} nodes, of which a tenth dies in a minute. Hostile nodes are withholders, replayers, flooders, liars and hangers
in equal parts.`,
      scenarios: [0, 0.1, 0.5].map((hostile) => ({ label: `${hostile * 100} %`, plan: { ...unrest, hostile, finds: some } })),
    },
    {
      name: 'agree',
      title: 'How many have to agree',
      words: `${numberOf(nodes)} nodes, none dying; the hostile ones all flood, which is the worst for a reader: they tell of none but their own, and
all have the old record.`,
      scenarios: [0.25, 0.5].flatMap((hostile) =>
        [3, 4, 5, 6, 8].map((agree) => ({
          label: `${hostile * 100} %, r = ${agree}`,
          plan: { ...quiet, hostile, agree, behaviours: ['flood'] as const },
        })),
      ),
    },
    {
      name: 'behaviour',
      title: 'What hostile nodes do',
      words: `${numberOf(nodes)} nodes, none dying, a quarter hostile, all of one kind.`,
      scenarios: BEHAVIOURS.map((behaviour) => ({
        label: behaviour,
        plan: { ...quiet, hostile: 0.25, behaviours: [behaviour] },
      })),
    },
    {
      name: 'storers',
      title: 'Hostile storers of a key',
      words: `${numberOf(nodes)} nodes, none dying, all honest but for some of the 8 that keep each value.`,
      scenarios: (['withhold', 'replay'] as const).flatMap((behaviour) => storersOf(quiet, behaviour)),
    },
  ];
}

function storersOf(quiet: TrialPlan, behaviour: Behaviour): readonly Scenario[] {
  return [1, 2, 3, 4].flatMap((count) => {
    const plan = { ...quiet, hostileStorers: { count, behaviour } };
    const all = { label: `${count} ${behaviour}, all 8`, plan: { ...plan, agree: KAD.replicas } };
    return [{ label: `${count} ${behaviour}`, plan }, ...(count === 4 ? [all] : [])];
  });
}

export function numberOf(value: number): string {
  return value.toLocaleString('en-US');
}
