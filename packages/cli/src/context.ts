import type { Readable } from 'node:stream';
import type { CommandContext, StricliProcess } from '@stricli/core';
import type { Clock } from '@themis-mesh/channel';
import type { Host } from './host.ts';
import type { Output } from './output/output.ts';

/** What a command has of the world around it. Nothing in a command reaches for the process itself. */
export interface CliContext extends CommandContext {
  /** A command that sets its `exitCode` ends with that; otherwise with 0, or with 1 where it throws. */
  readonly process: StricliProcess;
  /** For what was asked for. */
  readonly out: Output;
  /** For errors, progress and advice. */
  readonly err: Output;
  readonly input: Readable;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly host: Host;
}

/** Seconds since 1970. */
export function secondsNow({ clock }: Pick<CliContext, 'clock'>): number {
  return Math.floor(clock.now() / 1000);
}
