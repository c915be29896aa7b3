import { readBounded } from '@themis-mesh/storage';
import { ThemisError } from '@themis-mesh/core';
import type { ParsedConfig } from './parse-config.ts';

/** No configuration is larger. Bytes. */
export const MAX_CONFIG_BYTES = 1_048_576;

/** @throws ThemisError THEMIS_FILE_MISSING, THEMIS_FILE_TOO_LARGE, and others of reading a file */
export async function readConfig(file: string): Promise<ParsedConfig> {
  return configIn(await bytesOfConfig(file), file);
}

/** @throws ThemisError as {@link readConfig} does */
export async function bytesOfConfig(file: string): Promise<Uint8Array> {
  const bytes = await readBounded(file, MAX_CONFIG_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', file);
  return bytes;
}

/** Loads what reads configurations when there is one: that is more than all else, and a sidecar has none. */
export async function configIn(bytes: Uint8Array, file: string): Promise<ParsedConfig> {
  const { parseConfig } = await import('./parse-config.ts');
  return parseConfig(bytes, file);
}
