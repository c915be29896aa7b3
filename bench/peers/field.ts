import type { Carries, Contender, Pair, Stage } from './contenders/contender.ts';
import { prove, type Spoken } from './ground/proof.ts';

/** A contender that runs and was proved. */
export interface Runner {
  readonly contender: Contender;
  readonly pair: Pair;
  readonly spoken: Spoken | undefined;
}

/** Everybody who runs, all at once: they are measured in turn, and who is not measured waits without work. */
export interface Field extends AsyncDisposable {
  readonly runners: readonly Runner[];
  /** Who does not run, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

export async function openField(contenders: readonly Contender[], stage: Stage, print: (line: string) => void): Promise<Field> {
  await using started = new AsyncDisposableStack();
  const runners: Runner[] = [];
  const missing: Record<string, string> = {};
  for (const contender of contenders) {
    try {
      const pair = await contender.start(stage);
      started.defer(pair.stop);
      const spoken = await prove(contender.carries[0] ?? 'tcp', pair, stage);
      runners.push({ contender, pair, spoken });
      const { protocol, cipher, group } = spoken ?? { protocol: 'plain', cipher: '', group: '' };
      print(`  ${contender.name}: ${[protocol, cipher, group].join(' ').trim()}`);
    } catch (error) {
      missing[contender.name] = error instanceof Error ? error.message : String(error);
      print(`  ${contender.name} is missing: ${missing[contender.name]}`);
    }
  }
  const live = started.move();
  return { runners, missing, [Symbol.asyncDispose]: () => live.disposeAsync() };
}

/** Those that carry the same, and the direct way. */
export function runnersOf({ runners }: Field, carries: Carries): readonly Runner[] {
  return runners.filter(({ contender }) => contender.carries.includes(carries));
}
