export { startNode } from './start-node.ts';
export type { DirectoryNode, NodeStatus } from './directory-node.ts';
export type { NodeOptions } from './node-options.ts';
