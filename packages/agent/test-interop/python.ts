import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Packages for Python that the tests use, in the one release that they were written for. */
const PACKAGES = ['grpcio==1.85.1'] as const;

const FOLDER = join(import.meta.dirname, '../../../.cache/interop-python');

export type Python = { readonly path: string } | { readonly why: string };

/** A Python with these packages, in a folder of its own that is made once. */
export function pythonWithGrpc(): Python {
  const path = join(FOLDER, 'bin/python');
  try {
    mkdirSync(FOLDER, { recursive: true });
    if (!existsSync(path)) run('python3', ['-m', 'venv', FOLDER]);
    if (!canImport(path)) run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    return canImport(path) ? { path } : { why: 'grpcio cannot be imported' };
  } catch (error) {
    return { why: `pip cannot install grpcio here: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}` };
  }
}

function canImport(path: string): boolean {
  try {
    run(path, ['-c', 'import grpc']);
    return true;
  } catch {
    return false;
  }
}

function run(file: string, args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
