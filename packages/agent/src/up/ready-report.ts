import { shape } from '@themis-mesh/core';
import type { Child } from '../child/child.ts';
import type { SidecarPorts } from '../sidecar/sidecar.ts';

/** What a sidecar tells the process that started it, once its app is served: over Node's channel between processes. */
export interface ReadyReport {
  readonly ready: true;
  /** The number of the app's process. */
  readonly app?: number;
  readonly mesh: number;
  readonly ingress?: number;
  readonly proxy?: number;
  readonly metrics?: number;
}

const port = shape.integer(1, 65_535);

const reportShape: shape.Shape<ReadyReport> = shape.object<ReadyReport>({
  ready: shape.literal(true),
  app: shape.optional(shape.integer(1, 2 ** 31)),
  mesh: port,
  ingress: shape.optional(port),
  proxy: shape.optional(port),
  metrics: shape.optional(port),
});

export function readyReport({ mesh, ingress, proxy, metrics }: SidecarPorts, app: Child | undefined): ReadyReport {
  return {
    ready: true,
    mesh: mesh.port,
    ...(app === undefined ? {} : { app: app.pid }),
    ...(ingress === undefined ? {} : { ingress: ingress.port }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(metrics === undefined ? {} : { metrics: metrics.port }),
  };
}

/** @returns undefined where it is something else */
export function parseReadyReport(message: unknown): ReadyReport | undefined {
  try {
    return reportShape(message as never, '');
  } catch {
    return undefined;
  }
}
