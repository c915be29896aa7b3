// A sidecar whose program is started by somebody else: its service and its flags as arguments.
import { readSidecarOptions, Sidecar, SILENT } from '@themis-mesh/agent';
import { join } from '@themis-mesh/mesh';

const [service = '', flags = '{}'] = process.argv.slice(2);
const mesh = await join({ service });
const options = readSidecarOptions(service, [], JSON.parse(flags) as object);
const sidecar = await Sidecar.start(options, mesh, SILENT);
await sidecar.open();
process.send?.(sidecar.environment({})['http_proxy']);
