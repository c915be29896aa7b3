import { readPolicyOptions, ThemisError, type Policy } from '@themis-mesh/core';
import { readBounded } from '@themis-mesh/storage';
import { inOrder, showMistake, type Mistake } from '../up/mistake.ts';
import { policyMistake, readYaml } from '../up/yaml-text.ts';

/** In the place of a policy: what the charter says holds alone. A word, so that no file that was cut short says it. */
export const CHARTER_ALONE = 'charter';

export type FilePolicy = Policy | typeof CHARTER_ALONE;

/** A policy, or all that is wrong with the text. */
export type ParsedPolicy =
  { readonly ok: true; readonly policy: FilePolicy } | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** No policy file is larger. Bytes. */
export const MAX_POLICY_BYTES = 1_048_576;

/** Reads a policy in YAML, of which JSON is a part. An empty text is none. */
export function parsePolicy(bytes: Uint8Array): ParsedPolicy {
  const text = decode(bytes);
  if (text === undefined) return { ok: false, mistakes: [{ line: 1, column: 1, path: '', message: 'not a text in UTF-8' }] };
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) return { ok: false, mistakes: inOrder(yaml.mistakes) };
  if (yaml.value === CHARTER_ALONE) return { ok: true, policy: CHARTER_ALONE };
  const read = readPolicyOptions(yaml.value);
  if (read.ok) return read;
  return { ok: false, mistakes: inOrder(read.mistakes.map((mistake) => policyMistake(yaml, [], mistake))) };
}

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
export function policyIn(bytes: Uint8Array, file: string): FilePolicy {
  const parsed = parsePolicy(bytes);
  if (parsed.ok) return parsed.policy;
  throw new ThemisError('THEMIS_CONFIG_INVALID', parsed.mistakes.map((mistake) => showMistake(file, mistake)).join('; '));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
