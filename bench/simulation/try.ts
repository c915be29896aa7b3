import { runTrial } from './trial.ts';
const [nodes, hostile, churn, build, finds, seconds, beh] = process.argv.slice(2);
const begun = performance.now();
const f = await runTrial({ seed: 1, nodes: +nodes!, hostile: +hostile!, behaviours: (beh ?? 'withhold,replay,flood,lie,hang').split(',') as never, build: build as never, churn: +churn!, finds: +finds!, values: 24, seconds: +seconds!, loss: 0.01 });
console.log(JSON.stringify(f), ((performance.now() - begun) / 1000).toFixed(1) + ' s', Math.round(process.memoryUsage.rss() / 1e6) + ' MB');
