import type { EventEmitter } from 'node:events';
import { startNode, type DirectoryNode, type NodeOptions } from '@themis-mesh/node';
import { hearSignals, type StopSignal } from '../child/stop-signals.ts';
import { logMesh } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import { showListenAddress } from '../tcp/listen-address.ts';

/** What a node has around it: the process that it runs in. */
export interface NodeSurroundings {
  /** Emits signals by their names: `process`. */
  readonly signals: EventEmitter;
  readonly log: Log;
  /** Hears once that the node can be asked. */
  readonly onReady?: (node: DirectoryNode) => void;
}

/** Runs a node of the directory until a signal asks it to stop. The second signal waits for nothing. */
export async function runNode(options: NodeOptions, { signals, log, onReady }: NodeSurroundings): Promise<void> {
  const stop = Promise.withResolvers<StopSignal>();
  const hurry = Promise.withResolvers<undefined>();
  let isStopping = false;
  const deaf = hearSignals(signals, {
    onStop: (signal) => {
      if (isStopping) hurry.resolve(undefined);
      isStopping = true;
      stop.resolve(signal);
    },
    onPassed: () => undefined,
  });
  try {
    const node = await startNode(options);
    logMesh(node.mesh, log);
    const { address, identity, index, neighbours, records } = node.status;
    const at = showListenAddress({ host: address.address, port: address.port });
    log.log('info', 'node ready', { service: node.mesh.name, index, at, identity, nodes: neighbours.length, records });
    onReady?.(node);
    const signal = await stop.promise;
    log.log('info', 'node leaves', { signal });
    await Promise.race([node.close(), hurry.promise]);
  } finally {
    deaf();
  }
}
