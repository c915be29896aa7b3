import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { systemCode } from './file-errors.ts';

// An import would load all that `node:fs` has, its promises and streams too, which a start need not wait for.
const { readFileSync, readlinkSync } = process.getBuiltinModule('node:fs');

/**
 * One process, so that a later one with the same number is not taken for it: its number, when it began, and the space in
 * which the number means something (a boot of a machine, and a container's PID namespace in it).
 */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks since the boot on Linux (proc(5), `/proc/[pid]/stat` field 22), else 0: not known. */
  readonly start: number;
  /** 16 hexadecimal digits. */
  readonly space: string;
}

/** `unknown`: the process is of another space and cannot be asked from here. */
export type Liveness = 'alive' | 'dead' | 'unknown';

const GRAMMAR = /^([0-9a-f]{16})-(\d{1,10})-(\d{1,16})$/;

/** No process begins then. */
const ENDED = -1;

let own: ProcessMark | undefined;

/** This process. */
export function ownMark(): ProcessMark {
  own ??= { pid: process.pid, start: startOf(process.pid) ?? 0, space: spaceHere() };
  return own;
}

export function livenessOf(mark: ProcessMark): Liveness {
  const here = ownMark();
  if (mark.space !== here.space) return 'unknown';
  if (mark.pid === here.pid) return mark.start === here.start ? 'alive' : 'dead';
  if (!exists(mark.pid)) return 'dead';
  const start = startOf(mark.pid);
  return start === undefined || start === mark.start ? 'alive' : 'dead';
}

/** A text that file names may hold. */
export function showMark({ pid, start, space }: ProcessMark): string {
  return `${space}-${pid}-${start}`;
}

export function parseMark(text: string): ProcessMark | undefined {
  const match = GRAMMAR.exec(text);
  return match === null ? undefined : { space: String(match[1]), pid: Number(match[2]), start: Number(match[3]) };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** @returns undefined where there is no such process, or the system has no such file. */
function startOf(pid: number): number | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name of the program, field 2, stands in parentheses and may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  // A zombie without threads (fields 3 and 20) runs no more, though its number is still taken. While threads are left,
  // one of them may yet finish a write that it had begun when the process was killed.
  const isGone = /^[ZX]$/.test(fields[0] ?? '') && Number(fields[17]) <= 1;
  return isGone ? ENDED : Number(fields[19]);
}

function spaceHere(): string {
  const boot = readText('/proc/sys/kernel/random/boot_id') ?? hostname();
  return createHash('sha256').update(`${boot.trim()}\n${pidNamespace()}`).digest('hex').slice(0, 16);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
