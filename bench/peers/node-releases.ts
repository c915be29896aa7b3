import { execFileSync } from 'node:child_process';
import { ROOT } from '../../scripts/root.ts';
import { floorNode } from '../../scripts/testing/floor-node.ts';

/** A Node.js that our side is measured on. */
export interface NodeRelease {
  readonly path: string;
  /** `26.10.0` */
  readonly version: string;
}

/** Those that were named; else this one, and the oldest that Themis supports, which is fetched at first use. */
export function nodeReleases(named: readonly string[], print: (line: string) => void): readonly NodeRelease[] {
  if (named.length > 0) return named.map(releaseAt);
  const floor = floorNode(ROOT);
  if (!floor.found) print(`not measured on the oldest Node.js: ${floor.why}`);
  const paths = new Set([process.execPath, ...(floor.found ? [floor.path] : [])]);
  return [...paths].map(releaseAt);
}

function releaseAt(path: string): NodeRelease {
  return { path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '') };
}
