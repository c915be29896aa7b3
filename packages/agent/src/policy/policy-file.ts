import { ThemisError } from '@themis-mesh/core';
import { readBounded } from '@themis-mesh/storage';
import { showMistake } from '../up/mistake.ts';
import type { FilePolicy, ParsedPolicy } from './file-policy.ts';

/** No policy file is larger. Bytes. */
export const MAX_POLICY_BYTES = 1_048_576;

/**
 * @throws ThemisError `THEMIS_FILE_MISSING` and others of reading a file; `THEMIS_CONFIG_INVALID` with all mistakes and their
 * places
 */
export async function readPolicyFile(file: string): Promise<FilePolicy> {
  return policyIn(await bytesOf(file), file);
}

/** @throws ThemisError `THEMIS_FILE_MISSING` and others of reading a file */
export async function bytesOf(file: string): Promise<Uint8Array> {
  const bytes = await readBounded(file, MAX_POLICY_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', file);
  return bytes;
}

/** @throws ThemisError `THEMIS_CONFIG_INVALID` with all mistakes and their places */
export async function policyIn(bytes: Uint8Array, file: string): Promise<FilePolicy> {
  const parsed = await policyText(bytes);
  if (parsed.ok) return parsed.policy;
  throw new ThemisError('THEMIS_CONFIG_INVALID', parsed.mistakes.map((mistake) => showMistake(file, mistake)).join('; '));
}

/** Reads a policy in YAML. What reads it is loaded when there is one. */
export async function policyText(bytes: Uint8Array): Promise<ParsedPolicy> {
  const { parsePolicy } = await import('./parse-policy.ts');
  return parsePolicy(bytes);
}
