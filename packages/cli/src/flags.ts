import { numberParser, type TypedFlagParameter } from '@stricli/core';
import { TargetName, ThemisError, type ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import type { CliContext } from './context.ts';

/** What every command takes that works in a home. */
export interface HomeFlags {
  readonly home?: string | undefined;
}

/** What every command takes that lists something. */
export interface JsonFlags {
  readonly json?: boolean | undefined;
}

type OptionalText = TypedFlagParameter<string | undefined, CliContext>;
type OptionalTexts = TypedFlagParameter<readonly string[] | undefined, CliContext>;
type OptionalSwitch = TypedFlagParameter<boolean | undefined, CliContext>;

export const homeFlag: OptionalText = textFlag('PATH', 'The folder with keys and state (else THEMIS_HOME, else .themis)');

export const jsonFlag: OptionalSwitch = switchFlag('Print JSON, also for errors; docs/reference/cli.md says what is in it');

export function textFlag(placeholder: string, brief: string): OptionalText {
  return { kind: 'parsed', parse: parseText, optional: true, placeholder, brief };
}

export function switchFlag(brief: string): OptionalSwitch {
  return { kind: 'boolean', optional: true, withNegated: false, brief };
}

/** For what is said more than once, or with commas between. */
export function listFlag(placeholder: string, brief: string, variadic: true | ',' = ','): OptionalTexts {
  return { kind: 'parsed', parse: parseText, optional: true, variadic, placeholder, brief };
}

export function nameFlag(brief: string): TypedFlagParameter<ServiceName | undefined, CliContext> {
  return { kind: 'parsed', parse: parseServiceName, optional: true, placeholder: 'NAME', brief };
}

/** A span of time, in seconds. */
export function secondsFlag(brief: string): TypedFlagParameter<number | undefined, CliContext> {
  return { kind: 'parsed', parse: parseSeconds, optional: true, placeholder: 'SECONDS', brief };
}

/** A span of time with its unit, in seconds. */
export function spanFlag(brief: string): TypedFlagParameter<number | undefined, CliContext> {
  return { kind: 'parsed', parse: parseSpan, optional: true, placeholder: 'SPAN', brief };
}

/** `team=shop`, or several with commas between them. */
export const labelsFlag: OptionalTexts = {
  kind: 'parsed',
  parse: parseLabel,
  optional: true,
  variadic: ',',
  placeholder: 'NAME=VALUE',
  brief: 'Labels that policies may look at, with commas between them',
};

/** @returns undefined where none was given, so that those there are stay */
export function labelsOf(pairs: readonly string[] | undefined): Readonly<Record<string, string>> | undefined {
  if (pairs === undefined || pairs.length === 0) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** A service of the app, or of one that it imports. @throws ThemisError THEMIS_NAME_INVALID */
export function parseTargetName(text: string): TargetName {
  const name = TargetName.parse(text);
  if (name === undefined) throw new ThemisError('THEMIS_NAME_INVALID', text.slice(0, 100));
  return name;
}

function parseText(text: string): string {
  if (text === '') throw new SyntaxError('it is empty');
  return text;
}

function parseLabel(text: string): string {
  if (!/^[^=]+=/.test(text)) throw new SyntaxError('write it as name=value');
  return text;
}

function parseSeconds(text: string): number {
  const seconds = numberParser(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new SyntaxError('a number of seconds, more than 0 and at most 86400');
  return seconds;
}

/** The longest span that a flag takes: 400 days, in seconds. */
const LONGEST_SPAN = 34_560_000;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

function parseSpan(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS.get(unit) ?? 0);
  if (seconds < 1 || seconds > LONGEST_SPAN) throw new SyntaxError('write it as 90s, 30m, 1h or 7d');
  return seconds;
}
