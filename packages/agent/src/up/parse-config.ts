import { directoryPlace } from '@themis-mesh/storage';
import { IdentityId, readTrafficTable, ServiceName, type TrafficTable } from '@themis-mesh/core';
import { dirname, resolve } from 'node:path';
import { checkConfig } from './check-config.ts';
import type { AppConfig } from './config.ts';
import { inOrder, type Mistake } from './mistake.ts';
import { configSchema } from './schema.ts';
import { readYaml, type Step, type YamlText } from './yaml-text.ts';

/** A configuration, or all that is wrong with it. */
export type ParsedConfig =
  { readonly ok: true; readonly config: AppConfig } | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Reads a `themis.yaml`. @param file its name, for whoever is told of it */
export function parseConfig(bytes: Uint8Array, file: string): ParsedConfig {
  const text = decode(bytes);
  if (text === undefined) return { ok: false, mistakes: [{ line: 1, column: 1, path: '', message: 'not a text in UTF-8' }] };
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) return { ok: false, mistakes: inOrder(yaml.mistakes) };
  const read = configSchema.safeParse(yaml.value);
  const traffic = readTraffic(yaml);
  if (!read.success) {
    const mistakes = read.error.issues.flatMap((issue) => mistakesOf(issue, yaml));
    return { ok: false, mistakes: inOrder([...mistakes, ...traffic.mistakes]) };
  }
  const checked = checkConfig(read.data, yaml);
  const together = 'mistakes' in checked ? checked.mistakes : [];
  if ('mistakes' in checked || traffic.mistakes.length > 0) {
    return { ok: false, mistakes: inOrder([...together, ...traffic.mistakes]) };
  }
  const { app, directory, nodes = [], imports } = read.data;
  const beside = (path: string): string => resolve(dirname(file), path);
  return {
    ok: true,
    config: {
      file,
      app,
      directory: directory === undefined ? undefined : directoryPlace(directory, dirname(file)),
      nodes,
      imports: Object.entries(imports).flatMap(([alias, anchor]) => {
        if (!ServiceName.is(alias)) return [];
        return [{ alias, anchor: IdentityId.is(anchor) ? anchor : beside(anchor) }];
      }),
      services: checked.services,
      traffic: traffic.table,
    },
  };
}

/** The traffic rules, which are read by the one schema that they have wherever they stand. */
function readTraffic(yaml: YamlText): { readonly table: TrafficTable; readonly mistakes: readonly Mistake[] } {
  const value: unknown = isMap(yaml.value) ? yaml.value['traffic'] : undefined;
  const read = value === undefined ? undefined : readTrafficTable(value);
  if (read?.ok !== false) return { table: read?.value ?? new Map(), mistakes: [] };
  const mistakes = read.mistakes.map(({ path, isKey, message }) => {
    const full: readonly Step[] = ['traffic', ...path];
    return isKey ? yaml.mistakeAtKey(full.slice(0, -1), String(full.at(-1)), message) : yaml.mistake(full, message);
  });
  return { table: new Map(), mistakes };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What zod says of a value, as far as it is read here. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly issues?: readonly Issue[];
}

function mistakesOf(issue: Issue, yaml: YamlText): Mistake[] {
  const path = issue.path.map((step): Step => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') return (issue.keys ?? []).map((key) => yaml.mistakeAtKey(path, key, 'no such key'));
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    return [yaml.mistakeAtKey(path.slice(0, -1), key, issue.issues?.[0]?.message ?? issue.message)];
  }
  return [yaml.mistake(path, issue.message)];
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
