import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A package of this repository. */
export interface WorkspacePackage {
  /** Its folder below `packages/`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The part of a package.json that the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** Never published: it serves the repository alone. */
  readonly private?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Every package below `packages/`, by name of its folder. */
export function listPackages(root: string): readonly WorkspacePackage[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((path) => ({ folder: basename(dirname(path)), manifest: readManifest(join(root, path)) }));
}

export function readManifest(path: string): Manifest {
  // The repository's own file; what npm made of it was checked by npm.
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
