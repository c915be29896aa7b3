import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawNeighbours } from '../../bench/simulation/draw-neighbours.ts';
import { EventClock } from '../../bench/simulation/event-clock.ts';
import { BEHAVIOURS } from '../../bench/simulation/hostile.ts';
import { simulationPage } from '../../bench/simulation/page.ts';
import { runTrial, type Figures, type TrialPlan } from '../../bench/simulation/trial.ts';
import { sha256 } from '@themis-mesh/core';
import type { Place } from '@themis-mesh/directory-kad';
import { seededChance } from '@themis-mesh/testkit';

const PLAN: TrialPlan = {
  ...{ seed: 7, nodes: 100, hostile: 0, behaviours: BEHAVIOURS, build: 'drawn', churn: 0, dead: 0, loss: 0.01 },
  ...{ finds: 100, agree: 3, values: 8, seconds: 10 },
};

function wrongOf({ older, denied }: Figures): number {
  return older + denied;
}

test('10 honest nodes that joined each other give the newest, after one hop', async () => {
  const figures = await runTrial({ ...PLAN, nodes: 10, build: 'joined' });
  assert.deepEqual([figures.fresh, wrongOf(figures), figures.hops], [100, 0, 1]);
  assert.equal(figures.stored, figures.stores);
});

test('100 honest nodes give nothing that was replaced, though messages are lost', async () => {
  const figures = await runTrial({ ...PLAN, finds: 400, seconds: 60 });
  assert.deepEqual([figures.finds, wrongOf(figures)], [400, 0]);
  assert.ok(figures.fresh >= 399, JSON.stringify(figures));
});

test('the same seed gives the same figures, and another one others', async () => {
  const plan: TrialPlan = { ...PLAN, hostile: 0.25, churn: 0.1, seconds: 3, finds: 60 };
  const figures = await runTrial(plan);
  assert.deepEqual(await runTrial(plan), figures);
  assert.notDeepEqual(await runTrial({ ...plan, seed: 8 }), figures);
});

test('a reader that hears all storers is told nothing old by half of them', async () => {
  const plan: TrialPlan = { ...PLAN, finds: 200, hostileStorers: { count: 4, behaviour: 'replay' } };
  const [few, all] = [await runTrial(plan), await runTrial({ ...plan, agree: 8 })];
  assert.ok(few.older > 0, 'that three are enough must show');
  assert.deepEqual([all.fresh, wrongOf(all)], [200, 0]);
});

test('events come in their order, each with all that is promised before the next', async () => {
  const clock = new EventClock();
  const seen: string[] = [];
  const later = async (name: string): Promise<void> => {
    seen.push(`${name} ${clock.millis()}`);
    for (let at = 0; at < 9; at += 1) await Promise.resolve();
    seen.push(`${name} done`);
  };
  clock.after(20, () => void later('second'));
  clock.after(10, () => void later('first'));
  clock.after(20, () => void later('third'));
  clock.after(15, () => seen.push('never'))();
  await clock.pass(19);
  assert.deepEqual([seen, clock.millis()], [['first 10', 'first done'], 19]);
  await clock.pass(1);
  assert.deepEqual(seen.slice(2), ['second 20', 'second done', 'third 20', 'third done']);
  await assert.rejects(clock.until(new Promise(() => undefined)), /nothing happens/);
});

test('a node knows all that are near, and of those farther off as many as a bucket holds', () => {
  const places = Array.from({ length: 200 }, (_, at) => sha256(Uint8Array.of(at)) as Place).sort((a, b) => Buffer.compare(a, b));
  const buckets = drawNeighbours(places, 50, 16, seededChance(7));
  assert.ok(buckets.every((bucket) => bucket.length <= 16 && new Set(bucket).size === bucket.length && !bucket.includes(50)));
  assert.ok(buckets.flat().includes(49) || buckets.flat().includes(51));
  assert.equal(buckets[0]?.length, 16);
});

test('the page has each table, and a picture for each', async () => {
  const row = { label: '10', nodes: 10, figures: await runTrial({ ...PLAN, nodes: 10, finds: 10 }) };
  const tables = (['size', 'storers'] as const).map((name) => ({ name, title: `Of ${name}`, words: 'Words.', rows: [row] }));
  const [page, ...plots] = simulationPage(tables, [], 7);
  assert.equal(page?.file, 'simulation.md');
  assert.match(page.text, /## Of size[^]*simulation-size\.svg[^]*\| 10 \| [^]*## Of storers[^]*--seed 7/);
  assert.deepEqual(
    plots.map(({ file, text }) => [file, text.startsWith('<svg')]),
    [
      ['simulation-size.svg', true],
      ['simulation-storers.svg', true],
    ],
  );
});
