/** Why a node of the directory does not do what another asks of it. */
export const NODE_REFUSALS = {
  'node-message': 'The message is none of the protocol between nodes, or is longer than it may be.',
  'node-version': 'The message is of a version of the protocol that this release does not speak.',
  'node-flood': 'The peer asks for more than its share.',
  'node-elsewhere': 'Many nodes known are nearer to the place of the record.',
  'node-full': 'The node holds as much as it may, and all of it lies nearer to its own place.',
  'node-peer-quota': 'The peer has as many records of others kept here as it may.',
  'node-watches': 'The node keeps no more watches for the peer.',
  'node-other': 'The node refuses for a reason that this release does not know.',
} as const;
