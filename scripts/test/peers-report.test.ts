import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import fc from 'fast-check';
import { goalsOf } from '../../bench/peers/goals.ts';
import { ratiosOf } from '../../bench/peers/ratios.ts';
import { bestOf, medianOf, type Row, type Section } from '../../bench/peers/results.ts';
import { barChart } from '../../bench/peers/report/bars.ts';
import { coloursOf } from '../../bench/peers/report/colours.ts';
import { cautionOf } from '../../bench/peers/report/environment.ts';
import { lineChart } from '../../bench/peers/report/lines.ts';
import { growthLines, sectionBars } from '../../bench/peers/report/plots.ts';
import { linearScale, logScale, tickLabel } from '../../bench/peers/report/scale.ts';
import { markdownTable, tableOf, textTable } from '../../bench/peers/tables.ts';

function row(name: string, kind: Row['kind'], rates: readonly number[], cpu = 10): Row {
  const samples = rates.map((perSecond) => ({ perSecond, p50: 1, p99: 5, p999: 9, clientCpu: cpu, serverCpu: cpu, errors: 0 }));
  return { name, kind, samples };
}

function section(rows: readonly Row[], level = 64): Section {
  return { load: 'closed', carries: 'tcp', level, rows };
}

const SECTION = section([
  row('direct', 'direct', [900, 900, 900]),
  row('ours 26', 'ours', [100, 120, 90], 6),
  row('ours 24', 'ours', [60, 60, 60], 12),
  row('slow', 'native', [50, 50, 50]),
  row('fast', 'native', [100, 100, 60]),
]);

suite('a section', () => {
  test('is compared with the best native pair of the same rounds', () => {
    assert.equal(bestOf(SECTION, 'native', 'perSecond')?.name, 'fast');
    assert.deepEqual(ratiosOf(SECTION, 'perSecond')[0], { name: 'ours 26', to: 'fast', median: 1.2, min: 1, max: 1.5 });
    assert.equal(bestOf(SECTION, 'ours', 'cpu')?.name, 'ours 26', 'less CPU is better');
    assert.deepEqual(ratiosOf(section([row('ours', 'ours', [1])]), 'perSecond'), []);
  });

  test('is held to its bounds by our better release', () => {
    const goals = goalsOf([SECTION]);
    assert.deepEqual(
      goals.map(({ value, bound, holds }) => [value, bound, holds]),
      [
        [1.2, 1.1, true],
        [0.6, 0.75, true],
        [0, 0, true],
      ],
    );
  });

  test('fails where ours did not get through it, and is no goal where nobody native did', () => {
    const [rate] = goalsOf([section([row('ours', 'ours', []), row('fast', 'native', [100])])]);
    assert.equal(rate?.holds, false);
    assert.deepEqual(goalsOf([section([row('ours', 'ours', []), row('fast', 'native', [])])]), []);
  });

  test('counts what ours lost', () => {
    const samples = [{ perSecond: 10, errors: 3 }];
    const lost = goalsOf([section([{ name: 'ours', kind: 'ours', samples }], 256)]);
    assert.deepEqual(
      lost.map(({ value, holds }) => [value, holds]),
      [[3, false]],
    );
  });

  test('has no median of what was not measured', () => {
    assert.ok(Number.isNaN(medianOf({ name: 'bulk', kind: 'ours', samples: [{ perSecond: 1, errors: 0 }] }, 'p99')));
  });
});

suite('a table', () => {
  test('has a row for each way, and says who did not finish', () => {
    const { head, rows } = tableOf(section([row('ours', 'ours', [1234.5]), row('lost', 'native', [])]));
    assert.deepEqual(rows[0]?.slice(0, 3), ['ours', '1235', '1235 to 1235']);
    assert.deepEqual(rows[1]?.slice(0, 2), ['lost', 'did not finish']);
    assert.ok(rows.every((cells) => cells.length === head.length));
  });

  test('is as wide as its widest cells in text, and Markdown on a page', () => {
    const table = { head: ['way', 'n'], rows: [['ours', '12']] };
    assert.deepEqual(textTable(table), ['  way    n', '  ours  12']);
    assert.equal(markdownTable(table), '| way | n |\n| --- | ---: |\n| ours | 12 |');
  });
});

test('a page cautions against a run that was short or not alone', () => {
  const environment = { processor: '', memory: '', system: '', date: '', load: [0, 9] as const };
  assert.equal(cautionOf(environment, 9), '');
  assert.match(cautionOf(environment, 2), /2 rounds are few/);
  assert.match(cautionOf({ ...environment, load: [1e6, 0] }, 9), /busy with other work/);
});

suite('a scale', () => {
  test('holds all values between its ends', () => {
    const values = fc.array(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, (all) => {
        for (const { at, ticks } of [linearScale(all), logScale(all)]) {
          assert.ok(all.every((value) => at(value) >= -1e-9 && at(value) <= 1 + 1e-9));
          assert.ok(ticks.length >= 2 && ticks.length <= 14, `${ticks.length} ticks`);
        }
      }),
    );
  });

  test('has round ticks', () => {
    assert.deepEqual(linearScale([37_000]).ticks, [0, 10_000, 20_000, 30_000, 40_000]);
    assert.deepEqual(logScale([0.3, 40]).ticks, [0.1, 1, 10, 100]);
    assert.deepEqual([0, 0.25, 950, 12_500, 2e6].map(tickLabel), ['0', '0.25', '950', '12.5k', '2M']);
  });
});

suite('a picture', () => {
  test('escapes what it is told, has no script, and colours for light and dark', () => {
    const svg = barChart('a < b & "c"', 'ms', [{ label: '<script>', value: 3, range: [2, 4], colour: '#228be6' }]);
    assert.doesNotMatch(svg, /<script/);
    assert.match(svg, /&lt;script&gt;/);
    assert.match(svg, /aria-label="a &lt; b &amp; &quot;c&quot;"/);
    assert.match(svg, /prefers-color-scheme: dark/);
  });

  test('leaves out what was not measured', () => {
    const series = [{ label: 'ours', colour: '#e8590c', values: [1, Number.NaN, 100] }];
    const svg = lineChart({ title: 't', unit: 'ms', places: ['1', '16', '64'], series, isLogarithmic: true });
    assert.equal(svg.match(/<circle/g)?.length, 2);
    assert.doesNotMatch(svg, /NaN/);
    assert.doesNotMatch(lineChart({ title: 't', unit: 'ms', places: [], series: [] }), /NaN|Infinity/);
  });

  test('shows every proxy of a section, and not the direct way', () => {
    const { svg } = sectionBars('x.svg', SECTION, 'perSecond', 'requests/s');
    assert.equal(svg.match(/rx="2"/g)?.length, 4);
    const growth = growthLines('y.svg', [section(SECTION.rows, 1), SECTION], 'p99', 't', 'ms');
    assert.equal(growth.svg.match(/<polyline/g)?.length, 4);
    assert.doesNotMatch(growth.svg, /direct/);
  });

  test('gives rows of one kind colours of their own', () => {
    const colours = coloursOf(SECTION.rows);
    assert.equal(new Set(colours).size, SECTION.rows.length);
  });
});
