import { TargetName } from '@themis-mesh/core';
import type { AppProtocol, ForwardOption } from './options.ts';

/** Where a forwarded port leads. */
export type ForwardTarget = Omit<ForwardOption, 'port'>;

/**
 * Reads `SERVICE`, for raw bytes, `http:SERVICE`, or `h2:SERVICE` for HTTP/2 and gRPC; of an imported app `SERVICE.ALIAS`.
 *
 * @returns undefined for anything else
 */
export function parseForwardTarget(text: string): ForwardTarget | undefined {
  const colon = text.indexOf(':');
  const protocol = colon < 0 ? 'tcp' : WRITTEN.find((name) => name === text.slice(0, colon));
  const service = TargetName.parse(text.slice(colon + 1));
  return service === undefined || protocol === undefined ? undefined : { service, protocol };
}

/** As {@link parseForwardTarget} reads it. */
export function showForwardTarget({ service, protocol }: ForwardTarget): string {
  return protocol === 'tcp' ? service : `${protocol}:${service}`;
}

const WRITTEN: readonly AppProtocol[] = ['http', 'h2'];
