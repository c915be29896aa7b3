import { readPolicyOptions } from '@themis-mesh/core';
import { inOrder } from '../up/mistake.ts';
import { policyMistake, readYaml } from '../up/yaml-text.ts';
import { CHARTER_ALONE, type ParsedPolicy } from './file-policy.ts';

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

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
