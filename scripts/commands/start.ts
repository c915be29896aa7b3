// npm start -- [--keep] [--json]: the shop of examples/shop as a mesh on this machine, from its founding to its table.
import { runDemo } from '../../demo/main.ts';

process.exitCode = await runDemo(process.argv.slice(2));
