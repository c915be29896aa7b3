import { printable } from '@themis-mesh/core';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Never a secret. What is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Takes lines for whoever operates the program. Never throws. */
export interface Log {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** `json`: an object a line, for machines. `human`: for a terminal. */
  readonly format: 'json' | 'human';
  /** The least level that is written. */
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Writes a line for each event. Control characters in whatever comes from elsewhere are escaped, so that nobody forges a
 * line.
 */
export function createLog({ format, level: least, write, now }: LogOptions): Log {
  const lineOf = format === 'json' ? jsonLine : humanLine;
  return {
    log(level, message, fields = {}) {
      if (RANK[level] < RANK[least]) return;
      write(
        `${lineOf(
          now(),
          level,
          printable(message),
          Object.entries(fields).filter(([, value]) => value !== undefined),
        )}\n`,
      );
    },
  };
}

export const SILENT: Log = { log: () => undefined };

type Entry = readonly [string, string | number | boolean | undefined];

function jsonLine(time: Date, level: LogLevel, message: string, fields: readonly Entry[]): string {
  const shown = fields.map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value] as const);
  return JSON.stringify({ time: time.toISOString(), level, message, ...Object.fromEntries(shown) });
}

function humanLine(_time: Date, level: LogLevel, message: string, fields: readonly Entry[]): string {
  const shown = fields.map(([name, value]) => ` ${name}=${quoted(printable(String(value)))}`).join('');
  return `themis: ${level === 'info' ? '' : `${level}: `}${message}${shown}`;
}

function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
