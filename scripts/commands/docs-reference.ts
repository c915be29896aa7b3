// npm run docs:reference
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from '../reference/pages.ts';
import { ROOT } from '../root.ts';

for (const [name, text] of referencePages()) {
  const path = join('docs/reference', name);
  writeFileSync(join(ROOT, path), text);
  console.log(path);
}
