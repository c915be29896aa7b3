import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../ground/free-port.ts';
import { serve, type Served } from '../ground/process.ts';
import { pathOf, type ProgramName } from '../install/programs.ts';
import { plainEntry, type Carries, type Contender, type Stage } from './contender.ts';

/** What one side of a pair is configured by. */
export interface SideSetting {
  readonly listen: number;
  /** The port that it passes on to, on loopback. */
  readonly target: number;
  readonly stage: Stage;
  /** A folder of its own. */
  readonly folder: string;
}

/** The text of a side's configuration file, and the command line that reads it. */
export interface SideConfig {
  readonly file?: string;
  readonly words: (file: string) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface NativePlan {
  readonly name: string;
  readonly program: ProgramName;
  readonly carries: Carries;
  readonly notes: readonly string[];
  /** Takes plain connections, and passes them on over mutual TLS. */
  readonly client: (setting: SideSetting) => SideConfig;
  /** The other way round. */
  readonly server: (setting: SideSetting) => SideConfig;
}

/** A pair of two processes of one program that is not ours. */
export function nativePair({ name, program, carries, notes, client, server }: NativePlan): Contender {
  return {
    name,
    kind: 'native',
    carries: [carries],
    notes,
    async start(stage) {
      const [entryPort, tlsPort] = [await freePort(), await freePort()];
      const startSide = async (side: 'client' | 'server', configure: typeof client): Promise<Served> => {
        const folder = join(stage.folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${side}`);
        mkdirSync(folder);
        const [listen, target] = side === 'client' ? [entryPort, tlsPort] : [tlsPort, stage.origin.port];
        const { file = '', words, env = {} } = configure({ listen, target, stage, folder });
        const path = join(folder, 'config');
        writeFileSync(path, file);
        const { path: command, env: base } = pathOf(stage.programs, program);
        const logFile = join(folder, 'log');
        return serve({ command, words: words(path), env: { ...base, ...env }, logFile, ports: [listen] });
      };
      const far = await startSide('server', server);
      const near = await startSide('client', client).catch(async (error: unknown) => {
        await far.stop();
        throw error;
      });
      return {
        entry: plainEntry(entryPort),
        client: near.pids,
        server: far.pids,
        tlsPort,
        stop: async () => {
          await Promise.all([near.stop(), far.stop()]);
        },
      };
    },
  };
}
