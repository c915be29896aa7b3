import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The command line as users start it. */
export const THEMIS: string = fileURLToPath(new URL('../../packages/cli/bin/themis.js', import.meta.url));

/** Runs `themis` with some words in a home, and returns what it printed as JSON. @throws Error with what it said of a failure */
export type Themis = (home: string, ...words: readonly string[]) => Promise<unknown>;

/** @param signal ends a command that is running */
export function commandLine(signal: AbortSignal): Themis {
  return async (home, ...words) => {
    const environment = { ...process.env, THEMIS_HOME: home, NO_COLOR: '1' };
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, [THEMIS, ...words, '--json'], { env: environment, stdio: [...stdio], signal });
    const status = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [answer, trouble, ended] = await Promise.all([text(child.stdout), text(child.stderr), status]);
    if (ended !== 0) throw new Error(`themis ${words.join(' ')} ended with ${ended}: ${trouble.trim() || answer.trim()}`);
    return JSON.parse(answer) as unknown;
  };
}
