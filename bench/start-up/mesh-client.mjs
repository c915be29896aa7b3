// From process start to the first answered call, through the mesh. Prints milliseconds since the process was started.
import { join } from '@themis-mesh/mesh';

const mesh = await join({ service: 'client', home: process.argv[2] });
const response = await mesh.fetch('https://server/charge');
if ((await response.arrayBuffer()).byteLength !== 1024) throw new Error('not the answer');
process.stdout.write(`${performance.now()}\n`);
process.exit();
