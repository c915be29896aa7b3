import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { listPackages } from '../workspace.ts';

/** What npm made of a package. */
export interface Tarball {
  readonly name: string;
  readonly path: string;
  readonly files: readonly string[];
}

/** Packs every package of the workspace that is published into a folder, as publishing would. */
export function packAll(root: string, folder: string): readonly Tarball[] {
  const published = listPackages(root).filter(({ manifest }) => manifest.private !== true);
  const chosen = published.map(({ manifest }) => `--workspace=${manifest.name}`);
  const words = ['pack', ...chosen, '--json', '--pack-destination', folder];
  const output: unknown = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 2] }));
  return readReport(output).map(({ name, filename, files }) => ({
    name,
    path: join(folder, filename),
    files: files.map((file) => file.path),
  }));
}

/** Files that a package should not hold: sources, tests and what the build keeps for itself; and files that it lacks. */
export function packingFaults({ name, files }: Tarball): readonly string[] {
  const stray = files.filter((file) => !EXPECTED.some((pattern) => pattern.test(file)));
  const missing = REQUIRED.filter((file) => !files.includes(file));
  return [...stray.map((file) => `${name} holds ${file}`), ...missing.map((file) => `${name} lacks ${file}`)];
}

const EXPECTED = [/^package\.json$/, /^LICENSE$/, /^README\.md$/, /^bin\/[^/]+\.js$/, /^bundle\/[^/]+\.js$/, /^dist\/.+\.d\.ts$/];
const REQUIRED = ['package.json', 'LICENSE', 'bundle/index.js', 'dist/index.d.ts'];

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm prints a list of reports, or, in later releases, an object of them by name. */
function readReport(output: unknown): readonly PackReport[] {
  return Object.values(output as Readonly<Record<string, PackReport>>);
}
