import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../usage-error.ts';
import type { Measurement } from './measurement.ts';

/** The names of the measurements in a folder: of its TypeScript files, not of those in folders below. */
export function listMeasurements(folder: string): readonly string[] {
  return readdirOrNothing(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** @throws UsageError where there is no such file; TypeError where it exports no measurement of that name. */
export async function loadMeasurement(folder: string, name: string): Promise<Measurement> {
  const names = listMeasurements(folder);
  if (!names.includes(name)) throw new UsageError(`there is no ${name}; there is: ${names.join(', ') || 'none yet'}`);
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Readonly<Record<string, unknown>>;
  const found = Object.values(module).find(isMeasurement);
  if (found?.name !== name) throw new TypeError(`${name}.ts exports no object { name: '${name}', summary, run }`);
  return found;
}

function isMeasurement(value: unknown): value is Measurement {
  if (typeof value !== 'object' || value === null || !('name' in value && 'summary' in value && 'run' in value)) return false;
  return typeof value.name === 'string' && typeof value.summary === 'string' && typeof value.run === 'function';
}

function readdirOrNothing(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // The folder comes with its first measurement.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
