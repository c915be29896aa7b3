import type { Measurement } from '../scripts/measure/index.ts';
import { runDirectory } from './directory/run.ts';

/** Our network of nodes against the two of JavaScript that people use, doing the same work in the same run. */
export const directory: Measurement = {
  name: 'directory',
  summary: "find and store over a network of nodes, against hyperdht and libp2p's kad-dht",
  run: ({ words, print }) => runDirectory(words, print),
};
