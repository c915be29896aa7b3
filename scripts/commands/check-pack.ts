// npm run check:pack: packs every package, installs all into an empty folder and uses them there as a user would.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, clean } from '../pack/build.ts';
import { installInto } from '../pack/install.ts';
import { packAll, packingFaults } from '../pack/pack.ts';
import { placePrograms, tryProgram, tryTypes } from '../pack/trial.ts';
import { ROOT } from '../root.ts';
import { floorNode } from '../testing/floor-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'themis-pack-'));
try {
  clean(ROOT);
  await build(ROOT);

  const tarballs = packAll(ROOT, folder);
  const faults = tarballs.flatMap(packingFaults);
  if (faults.length > 0) throw new Error(faults.join('\n'));

  const project = join(folder, 'project');
  mkdirSync(project);
  installInto(project, tarballs);
  tryTypes(ROOT, project, tarballs);

  const programs = [...placePrograms(ROOT, project, tarballs), 'node_modules/.bin/themis'];
  for (const node of nodes()) {
    for (const program of programs) {
      console.log(`\n${program} on ${node}`);
      tryProgram(node, project, program.endsWith('themis') ? [program, '--version'] : [program]);
    }
  }
  console.log(`\npacked and used: ${tarballs.map(({ name }) => name).join(', ')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** This release of Node.js and the oldest one that is supported. */
function nodes(): readonly string[] {
  const floor = floorNode(ROOT);
  if (!floor.found) console.log(`SKIPPED: the trial on the floor: ${floor.why}`);
  return [process.execPath, ...(floor.found ? [floor.path] : [])];
}
