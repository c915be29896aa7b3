// npm run check:imports
import { checkImports } from '../imports/check-imports.ts';
import { describeViolation } from '../imports/violation.ts';
import { ROOT } from '../root.ts';

const violations = checkImports(ROOT);
for (const violation of violations) console.error(describeViolation(violation));
if (violations.length > 0) process.exitCode = 1;
console.log(violations.length === 0 ? 'imports: in order' : `imports: ${String(violations.length)} to mend`);
