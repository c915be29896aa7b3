import { readFileSync } from 'node:fs';

/** Reads the CPU time, user and system, that a process has used since it started, in microseconds. */
export type CpuMeter = () => number;

/** This process, with all its threads. */
export function ownCpu(): CpuMeter {
  return () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
}

/**
 * Another process, with all its threads, to 10 ms: measure seconds, not calls. Linux only.
 *
 * The meter throws once the process is gone.
 */
export function processCpu(pid: number): CpuMeter {
  return () => {
    // proc_pid_stat(5). The name in parentheses may hold anything; the state, field 3, follows the last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3]);
    return ticks * MICROSECONDS_PER_TICK;
  };
}

/** USER_HZ is 100 on every architecture that Node.js runs on. */
const MICROSECONDS_PER_TICK = 10_000;
