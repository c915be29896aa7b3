import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface RunPlan {
  readonly input?: string;
  /** Called when the program says its first word. */
  readonly onOutput?: () => void;
}

/** Runs a program of the load to its end. @throws Error with what it said, where it fails */
export async function runProgram(
  { path, env }: { readonly path: string; readonly env: NodeJS.ProcessEnv },
  words: readonly string[],
  { input = '', onOutput = () => undefined }: RunPlan = {},
): Promise<string> {
  const child = spawn(path, words, { env, stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined).end(input);
  child.stdout.once('data', onOutput);
  const [output, complaint, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${complaint.trim() || output.trim()}`);
  return output;
}
