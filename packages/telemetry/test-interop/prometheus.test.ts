import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { pythonWith } from '@themis-mesh/testkit';
import { Metrics, RequestLog, countProcess } from '@themis-mesh/telemetry';

/** Reads a page by the parsers of Prometheus' own Python client, and says each sample as JSON. */
const READ = `
import json, sys
text = sys.stdin.read()
if sys.argv[1] == 'openmetrics':
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.parser import text_string_to_metric_families as parse
print(json.dumps([[s.name, s.labels, s.value] for f in parse(text) for s in f.samples]))
`;

const python = pythonWith('prometheus_client==0.22.1', 'prometheus_client');
const PYTHON = 'path' in python ? python.path : '';

suite('pages of metrics, read by the Python client of Prometheus', { skip: 'why' in python ? python.why : false }, () => {
  for (const format of ['prometheus', 'openmetrics'] as const) {
    test(`as ${format}, every sample is read as it was counted`, () => {
      const metrics = new Metrics();
      countProcess(metrics, 1_800_000_000_000);
      const requests = new RequestLog({ self: { name: 'web', id: 'kweb', instance: 'one' }, metrics, isKnown: () => true });
      const odd = 'a"b\\c\nd{e="f"} 1 # é😀';
      for (const name of ['orders', odd, 'x\\n']) {
        const open = requests.inbound('http/1.1', { name }, 'GET', '/');
        open.status = 204;
        open.end();
      }
      const read = spawnSync(PYTHON, ['-c', READ, format], { input: metrics.text(format), encoding: 'utf8' });
      assert.equal(read.status, 0, read.stderr);
      const samples = JSON.parse(read.stdout) as readonly (readonly [string, Record<string, string>, number])[];
      const counted = samples.filter(([name]) => name === 'themis_requests_total');
      assert.deepEqual(
        counted.map(([, { peer }, value]) => [peer, value]),
        [
          ['orders', 1],
          [odd, 1],
          ['x\\n', 1],
        ],
      );
      const infinite = samples.filter(([name, { le }]) => name === 'themis_request_duration_seconds_bucket' && le === '+Inf');
      assert.deepEqual(
        infinite.map(([, , value]) => value),
        [1, 1, 1],
      );
    });
  }
});
