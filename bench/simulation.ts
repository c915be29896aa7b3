import type { Measurement } from '../scripts/measure/index.ts';
import { runSimulation } from './simulation/run.ts';

/** The very modules of the directory network under a virtual clock, with latency, loss, churn and liars. */
export const simulation: Measurement = {
  name: 'simulation',
  summary: 'the directory network with 10 to 10,000 nodes, deaths and liars, in virtual time',
  run: ({ words, print }) => runSimulation(words, print),
};
