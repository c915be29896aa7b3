import { existsSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import type { Address } from '@themis-mesh/core';
import { freePort } from '../../bench/peers/ground/free-port.ts';
import { serve, type Served } from '../../bench/peers/ground/process.ts';
import { ROOT } from '../../scripts/root.ts';
import { UsageError } from '../../scripts/usage-error.ts';

const PROGRAM = joinPath(ROOT, 'packages/cli/bundle/main.js');

/** @throws UsageError where the program was not built: types that are stripped at run time hold memory of their own */
export function requireBuilt(): void {
  if (!existsSync(PROGRAM)) throw new UsageError('the program as it is published is measured: npm run build');
}

/** `themis node run`, as it is published. */
export async function startLoneNode(home: string, member: string, join: readonly Address[]): Promise<Served> {
  const port = await freePort();
  const known = join.map((address) => `${address.host}:${address.port}`).join(',');
  const words = [PROGRAM, 'node', 'run', member, '--home', home, '--listen', `127.0.0.1:${port}`, '--join', known];
  return serve({ command: process.execPath, words, logFile: joinPath(home, `${member}.log`), ports: [port] });
}
