// npm run build
import { build } from '../pack/build.ts';
import { ROOT } from '../root.ts';

await build(ROOT);
