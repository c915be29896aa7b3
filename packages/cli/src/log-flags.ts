import { switchFlag } from './flags.ts';

/** What every command takes that goes on until it is stopped. */
export interface LogFlags {
  readonly logJson?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

export const logJsonFlag: ReturnType<typeof switchFlag> = switchFlag('Log in JSON, a line each');

export const verboseFlag: ReturnType<typeof switchFlag> = switchFlag('Log more: renewed leaves, newer charters, failed dials');
