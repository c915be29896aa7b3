// npm run clean
import { clean } from '../pack/build.ts';
import { ROOT } from '../root.ts';

clean(ROOT);
