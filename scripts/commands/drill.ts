// npm run drill -- [NAME] [--list] [--json] [words for NAME]: runs drills/NAME.ts.
import { join } from 'node:path';
import { runMeasureCommand, TERMINAL } from '../measure/command.ts';
import { ROOT } from '../root.ts';

process.exitCode = await runMeasureCommand(join(ROOT, 'drills'), process.argv.slice(2), TERMINAL);
