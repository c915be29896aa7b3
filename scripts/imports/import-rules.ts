import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { readManifest, type Manifest, type WorkspacePackage } from '../workspace.ts';
import { CORE_BUILTINS, LAYERS } from './layers.ts';
import type { Import, SourceFile } from './source-file.ts';
import type { ImportRule, Violation } from './violation.ts';

/** A package whose imports are checked. */
export interface ImportingPackage extends WorkspacePackage {
  /** The folders that its tsconfig.json refers to. */
  readonly references: ReadonlySet<string>;
}

/** What an import is judged by, besides who imports. */
export interface ImportedFrom {
  readonly root: string;
  /** The folders of the packages that are never published: they serve tests, drills and benchmarks. */
  readonly privateFolders: ReadonlySet<string>;
}

const SCOPE = '@themis-mesh/';

export function checkPackageImport(
  { root, privateFolders }: ImportedFrom,
  owner: ImportingPackage,
  file: SourceFile,
  found: Import,
): readonly Violation[] {
  const violation = (rule: ImportRule, detail: string): Violation => ({ rule, file: file.path, line: found.line, detail });
  const { specifier } = found;
  if (specifier.startsWith('.')) return checkRelative(root, owner, file, specifier, violation);
  if (isBuiltin(specifier)) return checkBuiltin(owner, file, specifier, violation);
  if (specifier.startsWith(SCOPE)) return checkSibling(privateFolders, owner, file, specifier, violation);
  return checkForeign(root, owner, file, specifier, violation);
}

/** Examples, benchmarks and drills use the packages as a user does: by name. */
export function checkLooseImport(file: SourceFile, { specifier, line }: Import): readonly Violation[] {
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : specifier;
  const deep = target.startsWith('packages/') || (specifier.startsWith(SCOPE) && specifier.split('/').length > 2);
  return deep ? [{ rule: 'deep-import', file: file.path, line, detail: `import packages by name, not ${specifier}` }] : [];
}

type Report = (rule: ImportRule, detail: string) => Violation;

function checkRelative(
  root: string,
  owner: ImportingPackage,
  file: SourceFile,
  specifier: string,
  report: Report,
): readonly Violation[] {
  const target = posix.join(posix.dirname(file.path), specifier);
  const home = `packages/${owner.folder}/`;
  if (!target.startsWith(file.published ? `${home}src/` : home)) {
    return [report('deep-import', `${specifier} leads out of ${file.published ? `${home}src` : home}`)];
  }
  return existsSync(join(root, target)) ? [] : [report('missing-file', `${specifier} names no file (endings are written out)`)];
}

function checkBuiltin(owner: ImportingPackage, file: SourceFile, specifier: string, report: Report): readonly Violation[] {
  if (!specifier.startsWith('node:')) return [report('builtin', `write node:${specifier}`)];
  const pure = owner.folder === 'core' && file.published;
  return pure && !CORE_BUILTINS.includes(specifier)
    ? [report('builtin', `core is pure and may import ${CORE_BUILTINS.join(', ')} only, not ${specifier}`)]
    : [];
}

function checkSibling(
  privateFolders: ReadonlySet<string>,
  owner: ImportingPackage,
  file: SourceFile,
  specifier: string,
  report: Report,
): readonly Violation[] {
  const [folder = '', ...deeper] = specifier.slice(SCOPE.length).split('/');
  const name = SCOPE + folder;
  if (deeper.length > 0) return [report('deep-import', `import ${name}, not ${specifier}`)];
  if (name === owner.manifest.name) {
    return file.published ? [report('cycle', `${name} imports itself by name`)] : [];
  }
  if (privateFolders.has(folder)) {
    return file.published ? [report('layer', `${folder} is private: it serves tests, not what is published`)] : [];
  }
  const violations: Violation[] = [];
  if (layerOf(owner.folder) === -1)
    violations.push(report('layer', `packages/${owner.folder} has no place in scripts/imports/layers.ts`));
  else if (layerOf(folder) === -1) violations.push(report('layer', `${folder} has no place in scripts/imports/layers.ts`));
  else if (layerOf(folder) >= layerOf(owner.folder)) violations.push(report('layer', `${owner.folder} may not import ${folder}`));
  const declared = file.published ? runtimeDependencies(owner.manifest) : allDependencies(owner.manifest);
  if (!declared.has(name))
    violations.push(report('undeclared', `${name} is not a dependency in packages/${owner.folder}/package.json`));
  if (file.published && !owner.references.has(folder)) {
    violations.push(report('reference', `packages/${owner.folder}/tsconfig.json has no reference to ../${folder}`));
  }
  return violations;
}

function checkForeign(
  root: string,
  owner: ImportingPackage,
  file: SourceFile,
  specifier: string,
  report: Report,
): readonly Violation[] {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (runtimeDependencies(owner.manifest).has(name)) return [];
  // Only what is published needs to be declared by the package itself; the rest finds what the repository installs.
  const published = file.published && owner.manifest.private !== true;
  if (!published && (allDependencies(owner.manifest).has(name) || rootDependencies(root).has(name))) return [];
  return [report('undeclared', `${name} is not a dependency in packages/${owner.folder}/package.json`)];
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

function runtimeDependencies(manifest: Manifest): ReadonlySet<string> {
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies }));
}

function allDependencies(manifest: Manifest): ReadonlySet<string> {
  return new Set([...runtimeDependencies(manifest), ...Object.keys(manifest.devDependencies ?? {})]);
}

function rootDependencies(root: string): ReadonlySet<string> {
  return allDependencies(readManifest(join(root, 'package.json')));
}
