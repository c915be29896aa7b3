// npm run test:suite -- NAME [flags of node --test]: packages/*/test-NAME/**/*.test.ts; --list names what there is.
import { ROOT } from '../root.ts';
import { runTests } from '../testing/run-tests.ts';
import { listSuites, missingPrograms, suitePattern, whyNotReady } from '../testing/suites.ts';
import { listTestFiles } from '../testing/test-files.ts';

const [name = '--list', ...flags] = process.argv.slice(2);
const suites = listSuites(ROOT);
const missing = missingPrograms(name, process.env['PATH'] ?? '');

if (name === '--list') {
  if (suites.length > 0) console.log(suites.join('\n'));
} else if (!suites.includes(name)) {
  console.error(`there is no suite ${name}; there is: ${suites.join(', ') || 'none yet'}`);
  process.exitCode = 1;
} else if (missing.length > 0) {
  console.log(`SKIPPED: ${name} needs ${missing.join(' and ')} on the PATH`);
} else {
  await run();
}

async function run(): Promise<void> {
  const why = whyNotReady(ROOT, name);
  if (why !== undefined) return console.log(`SKIPPED: ${name}: ${why}`);
  process.exitCode = await runTests({ root: ROOT, files: listTestFiles(ROOT, [suitePattern(name)]), flags, fileLimit: 600 });
}
