import { TargetName } from '@themis-mesh/core';
import type { ForwardOption } from './options.ts';

/** Where a forwarded port leads. */
export type ForwardTarget = Omit<ForwardOption, 'port'>;

/** Reads `SERVICE`, for raw bytes, or `http:SERVICE`; of an imported app `SERVICE.ALIAS`. @returns undefined for anything else */
export function parseForwardTarget(text: string): ForwardTarget | undefined {
  const isHttp = text.startsWith(HTTP);
  const service = TargetName.parse(isHttp ? text.slice(HTTP.length) : text);
  return service === undefined ? undefined : { service, protocol: isHttp ? 'http' : 'tcp' };
}

/** As {@link parseForwardTarget} reads it. */
export function showForwardTarget({ service, protocol }: ForwardTarget): string {
  return protocol === 'http' ? `${HTTP}${service}` : service;
}

const HTTP = 'http:';
