import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { suite } from 'node:test';
import fc from 'fast-check';
import { applyLoad, interleave, memoryOf, ownCpu, percentileOf, processCpu, ratioSpread, spreadOf } from '../measure/index.ts';

const LINUX_ONLY = process.platform === 'linux' ? false : 'reads /proc';

suite('a spread', () => {
  test('has the median, the quartiles and the ends', () => {
    assert.deepEqual(spreadOf([5, 1, 4, 2, 3]), { count: 5, min: 1, lowerQuartile: 2, median: 3, upperQuartile: 4, max: 5 });
    assert.equal(spreadOf([4, 1, 3, 2]).median, 2.5);
    assert.throws(() => spreadOf([]), RangeError);
  });

  test('takes ratios round by round', () => {
    assert.equal(ratioSpread([2, 20, 200], [1, 10, 100]).max, 2);
    assert.throws(() => ratioSpread([1], [1, 2]), RangeError);
  });

  test('takes percentiles by nearest rank', () => {
    const thousand = Float64Array.from({ length: 1000 }, (_, index) => index + 1);
    assert.deepEqual(
      [0, 50, 99, 99.9, 100].map((percent) => percentileOf(thousand, percent)),
      [1, 500, 990, 999, 1000],
    );
    assert.throws(() => percentileOf(thousand, 101), RangeError);
    assert.throws(() => percentileOf(new Float64Array(), 50), RangeError);
  });

  test('never leaves the share below a percentile too small', () => {
    const figures = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(figures, fc.integer({ min: 0, max: 100 }), (values, percent) => {
        const sorted = Float64Array.from(values).sort();
        const value = percentileOf(sorted, percent);
        assert.ok(sorted.filter((other) => other <= value).length * 100 >= percent * sorted.length);
      }),
    );
  });
});

suite('rounds', () => {
  test('run every variant once each, in changing order, and forget the warm-up', async () => {
    const order: string[] = [];
    const variant = (name: string) => (): number => order.push(name);
    const results = await interleave({ a: variant('a'), b: variant('b') }, { rounds: 3, warmUp: 1 });
    assert.deepEqual(order.join(''), 'abba' + 'baab');
    assert.deepEqual(results, { a: [4, 6, 7], b: [3, 5, 8] });
  });
});

suite('a load', () => {
  test('keeps as many operations under way as it is told, and counts them', async () => {
    let running = 0;
    let most = 0;
    const result = await applyLoad({
      inFlight: 4,
      operations: 50,
      run: async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      },
    });
    assert.deepEqual([result.operations, most, running], [50, 4, 0]);
    assert.ok(result.latency(50) <= result.latency(99));
    assert.ok(result.perSecond > 0 && result.cpuPerOperation > 0);
  });

  test('ends with the first failure', async () => {
    const failing = applyLoad({ inFlight: 2, operations: 10, run: () => Promise.reject(new Error('down')) });
    await assert.rejects(failing, /down/);
  });
});

suite('a process', { skip: LINUX_ONLY }, () => {
  test('shows its CPU time and memory while it runs', async () => {
    const busy = 'while (process.cpuUsage().user < 250_000); console.log(); process.stdin.resume();';
    const child = spawn(process.execPath, ['-e', busy]);
    const pid = child.pid ?? assert.fail('not started');
    const meter = processCpu(pid);
    await once(child.stdout, 'data');
    assert.ok(meter() >= 200_000, `${meter()} µs`);
    assert.ok(memoryOf(pid).resident > 10 * 1024 * 1024);
    assert.ok(memoryOf(pid).peak >= memoryOf(pid).resident);
    child.kill();
    await once(child, 'exit');
    assert.throws(meter, /ENOENT/);
    assert.throws(() => memoryOf(pid));
  });

  test('agrees with what Node.js says of its own CPU time', () => {
    assert.ok(Math.abs(ownCpu()() - processCpu(process.pid)()) <= 100_000);
  });
});
