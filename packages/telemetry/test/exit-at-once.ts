// Logs ten requests to the file that it is given, and exits before anything was written.
import { AccessLog, FileSink, Metrics, RequestLog } from '@themis-mesh/telemetry';

const sink = await FileSink.open(process.argv[2] ?? '');
const clock = { now: () => 0, after: () => () => undefined };
const accessLog = new AccessLog({ sink, clock });
const self = { name: 'web', id: 'kweb', instance: 'one' };
const requests = new RequestLog({ self, metrics: new Metrics(), accessLog, isKnown: () => true });
for (let line = 0; line < 10; line += 1) requests.inbound('tcp', undefined).end();
process.exit(3);
