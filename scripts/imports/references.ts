import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

interface TsConfig {
  readonly references?: readonly { readonly path: string }[];
}

/** The folders of the packages that a package's tsconfig.json refers to. */
export function readReferences(root: string, folder: string): ReadonlySet<string> {
  const path = join(root, 'packages', folder, 'tsconfig.json');
  const parsed: { config?: TsConfig } = ts.parseConfigFileTextToJson(path, readFileSync(path, 'utf8'));
  return new Set((parsed.config?.references ?? []).map((reference) => basename(reference.path)));
}
