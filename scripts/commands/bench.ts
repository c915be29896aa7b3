// npm run bench -- [NAME] [--list] [--json] [words for NAME]: runs bench/NAME.ts.
import { join } from 'node:path';
import { runMeasureCommand, TERMINAL } from '../measure/command.ts';
import { ROOT } from '../root.ts';

process.exitCode = await runMeasureCommand(join(ROOT, 'bench'), process.argv.slice(2), TERMINAL);
