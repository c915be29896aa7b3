import type { Address } from '@themis-mesh/core';
import type { NodeLimits } from '@themis-mesh/directory-kad';
import type { JoinOptions } from '@themis-mesh/mesh';

/** What is asked of a node besides what is asked of every instance. */
export interface NodeOptions extends Omit<JoinOptions, 'directory' | 'port'> {
  /** The port that others ask. 0 for any free one. */
  readonly port: number;
  /** The address that it listens on. Default 127.0.0.1. */
  readonly host?: string;
  /** Which of the nodes that the charter allows the service it is: 0 up to its count. Default 0. Each of them runs once. */
  readonly index?: number;
  /** Where other nodes are. Default: those met before. None of either: it waits to be met. */
  readonly bootstrap?: readonly Address[];
  /** Where it keeps its records. Default: a folder of its own in the home. */
  readonly data?: string;
  /** What it takes from others. */
  readonly nodeLimits?: Partial<NodeLimits>;
}
