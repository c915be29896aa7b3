// npm test [-- package… | file… | glob…] [flags of node --test]
import { ROOT } from '../root.ts';
import { runTests } from '../testing/run-tests.ts';
import { listTestFiles, selectTests } from '../testing/test-files.ts';

const { patterns, flags } = selectTests(ROOT, process.argv.slice(2));
process.exitCode = await runTests({ root: ROOT, files: listTestFiles(ROOT, patterns), flags });
