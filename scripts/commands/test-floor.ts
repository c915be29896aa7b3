// npm run test:floor [-- as for npm test]: the same tests on the oldest release of Node.js that is supported.
import { floorNode } from '../testing/floor-node.ts';
import { ROOT } from '../root.ts';
import { runTests } from '../testing/run-tests.ts';
import { listTestFiles, selectTests } from '../testing/test-files.ts';

const { patterns, flags } = selectTests(ROOT, process.argv.slice(2));
const floor = floorNode(ROOT);
if (floor.found) {
  process.exitCode = await runTests({ root: ROOT, files: listTestFiles(ROOT, patterns), flags, node: floor.path });
} else {
  console.log(`SKIPPED: ${floor.why}`);
}
