import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Histogram, Metrics, MOST_SERIES, OTHER, RequestLog, type CounterLabels } from '@themis-mesh/telemetry';
import { readPage, valueOf } from './page-reader.ts';

const ATTACK = 100_000;
const SELF = { name: 'web', id: 'kweb', instance: 'one' };

suite('metrics', () => {
  test('of one metric no more series than it may have, however many names there are', () => {
    const metrics = new Metrics();
    for (let index = 0; index < ATTACK; index += 1) {
      metrics
        .counter('themis_requests_total', { direction: 'inbound', peer: `peer-${index}`, protocol: 'h2', status: '2xx' })
        .add();
    }
    const samples = readPage(metrics.text()).filter(({ name }) => name === 'themis_requests_total');
    assert.equal(samples.length, MOST_SERIES + 1);
    const rest = samples.find(({ labels }) => labels['peer'] === OTHER);
    assert.equal(rest?.value, ATTACK - MOST_SERIES);
    assert.equal(
      samples.reduce((sum, { value }) => sum + value, 0),
      ATTACK,
    );
    assert.equal(valueOf(metrics.text(), 'themis_series_overflows_total'), ATTACK - MOST_SERIES);
  });

  test('100,000 distinct callers, services asked for, methods and paths leave few series', () => {
    const metrics = new Metrics();
    const requests = new RequestLog({ self: SELF, metrics, isKnown: (name) => name === 'payments' });
    for (let index = 0; index < ATTACK; index += 1) {
      const inbound = requests.inbound('http/1.1', { id: `k${index}` }, `M${index}`, `/${index}`);
      inbound.status = 100 + (index % 900);
      inbound.refusal = `code-${index}`;
      inbound.end();
      requests.outbound('http/1.1', `name-${index}`, 'GET', '/').fail(new Error(`text ${index}`));
    }
    const samples = readPage(metrics.text());
    assert.ok(samples.length < 150, String(samples.length));
    assert.equal(valueOf(metrics.text(), 'themis_request_refusals_total', { refusal: OTHER }), ATTACK);
    const asked = { direction: 'outbound', peer: OTHER, status: 'none' };
    assert.equal(valueOf(metrics.text(), 'themis_requests_total', asked), ATTACK);
    requests.outbound('http/1.1', 'payments').end();
    assert.equal(valueOf(metrics.text(), 'themis_requests_total', { peer: 'payments' }), 1);
  });

  test('what is of no closed set is other, and nothing throws', () => {
    const metrics = new Metrics();
    const labels = { direction: 'sideways', peer: 7, protocol: undefined, status: '2xx\n' } as unknown;
    metrics.counter('themis_requests_total', labels as CounterLabels['themis_requests_total']).add();
    metrics.counter('no_such_metric' as 'themis_alarms_total', { refusal: 'x' }).add();
    const others = { direction: OTHER, peer: OTHER, protocol: OTHER, status: OTHER };
    assert.equal(valueOf(metrics.text(), 'themis_requests_total', others), 1);
    assert.equal(valueOf(metrics.text(), 'no_such_metric'), undefined);
  });

  test('a counter does not fall', () => {
    const counter = new Metrics().counter('themis_directory_failures_total', {});
    for (const more of [2, -1, NaN, -Infinity]) counter.add(more);
    assert.equal(counter.value, 2);
  });

  test('a gauge whose reading throws is left out, and the page is whole', () => {
    const metrics = new Metrics();
    metrics.gauge('themis_leaf_remaining_seconds', {}).readFrom(() => {
      throw new Error('no leaf');
    });
    assert.equal(valueOf(metrics.text(), 'themis_leaf_remaining_seconds'), undefined);
    assert.equal(valueOf(metrics.text(), 'themis_directory_failures_total'), 0);
  });

  test('a value at the end of a bucket is in it; what is no duration is in none', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0, 1, 1.5, 2, 3, -1, NaN]) histogram.observe(value);
    assert.deepEqual(histogram.cumulative, [
      { le: 1, count: 2 },
      { le: 2, count: 4 },
      { le: Infinity, count: 5 },
    ]);
    assert.equal(histogram.sum, 7.5);
  });

  test('label values are escaped, and forge no line', () => {
    const metrics = new Metrics();
    const peer = 'a"} 1\nforged 2\\\u001b[31m\u202e';
    metrics.counter('themis_request_retries_total', { peer }).add();
    const samples = readPage(metrics.text()).filter(({ name }) => name === 'themis_request_retries_total');
    assert.deepEqual(samples, [
      { name: 'themis_request_retries_total', labels: { peer: 'a"} 1\nforged 2\\\ufffd[31m\ufffd' }, value: 1 },
    ]);
  });

  test('in OpenMetrics a counter is announced without _total, and the page says its end', () => {
    const text = new Metrics().text('openmetrics');
    assert.match(text, /^# TYPE themis_state_failures counter\nthemis_state_failures_total 0$/m);
    assert.match(text, /^# UNIT themis_charter_remaining_seconds seconds$/m);
    assert.ok(text.endsWith('\n# EOF\n'));
  });
});
