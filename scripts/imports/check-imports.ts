import { listPackages } from '../workspace.ts';
import { findCycles } from './cycles.ts';
import { checkLooseImport, checkPackageImport } from './import-rules.ts';
import { findEmptyNames } from './names.ts';
import { readReferences } from './references.ts';
import { readLooseSources, readPackageSources } from './source-file.ts';
import type { Violation } from './violation.ts';

/** Everything that is wrong with the imports and the names of files in a repository. */
export function checkImports(root: string): readonly Violation[] {
  const packages = listPackages(root).map((found) => ({
    ...found,
    references: readReferences(root, found.folder),
    sources: readPackageSources(root, found.folder),
  }));
  const privateFolders = new Set(packages.filter(({ manifest }) => manifest.private === true).map(({ folder }) => folder));
  const from = { root, privateFolders };
  const inPackages = packages.flatMap((owner) =>
    owner.sources.flatMap((file) => file.imports.flatMap((found) => checkPackageImport(from, owner, file, found))),
  );
  const outside = readLooseSources(root).flatMap((file) => file.imports.flatMap((found) => checkLooseImport(file, found)));
  const cycles = packages.flatMap((owner) => findCycles(owner.sources.filter((file) => file.published)));
  return [...inPackages, ...outside, ...cycles, ...findEmptyNames(root)];
}
