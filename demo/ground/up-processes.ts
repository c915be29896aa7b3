import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that `themis up` started: of a sidecar, of a program behind one, or of a program that is in the mesh itself. */
export interface UpProcess {
  readonly service: string;
  readonly pid: number;
  /** Whether it leads a process group: all but programs behind sidecars do. */
  readonly leads: boolean;
}

/** What `themis up` says that it runs, in the home's `run/up.json`. None where it does not run, or not yet. */
export function upProcesses(home: string): readonly UpProcess[] {
  return instancesIn(join(home, 'run', 'up.json')).flatMap(({ service, pid, app }) => [
    ...(typeof pid === 'number' ? [{ service, pid, leads: true }] : []),
    ...(typeof app === 'number' ? [{ service, pid: app, leads: false }] : []),
  ]);
}

interface Instance {
  readonly service: string;
  readonly pid?: unknown;
  readonly app?: unknown;
}

function instancesIn(path: string): readonly Instance[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly instances: readonly Instance[] }).instances;
  } catch {
    return [];
  }
}

/** Whether a process is there. One that ended and was not yet waited for counts as there. */
export function isRunning({ pid }: UpProcess): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
