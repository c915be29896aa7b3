import { readFileSync } from 'node:fs';

/** Bytes of memory that a process holds. */
export interface Memory {
  readonly resident: number;
  /** The most that it ever held. */
  readonly peak: number;
}

/** Linux only. @throws Error once the process is gone. */
export function memoryOf(pid: number = process.pid): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { resident: readKibibytes(status, 'VmRSS'), peak: readKibibytes(status, 'VmHWM') };
}

function readKibibytes(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  // A process that ended and was not waited for yet has a status without memory.
  if (kibibytes === undefined) throw new Error(`the process has no ${field} any more`);
  return Number(kibibytes) * 1024;
}
