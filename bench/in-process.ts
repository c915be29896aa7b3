import type { Measurement } from '../scripts/measure/index.ts';
import { runInProcess } from './in-process/run.ts';
import { nodeReleases } from './peers/node-releases.ts';
import { readOptions } from './peers/options.ts';

/** Calls of 1 KiB from one Node.js process to another, in mutual TLS, against the plain calls that they replace. */
export const inProcess: Measurement = {
  name: 'in-process',
  summary: 'calls from process to process over the mesh against plain undici to node:http',
  async run({ words, print }) {
    const options = readOptions(words);
    return runInProcess(options, nodeReleases(options.nodes, print), print);
  },
};
