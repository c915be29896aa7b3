import { resolve } from 'node:path';
import { ThemisError } from '@themis-mesh/core';
import { parseListenAddress, type ListenAddress } from '../tcp/listen-address.ts';
import type { ServicePlan } from './config.ts';

/** What all sidecars tell of themselves, where a service does not say it for its own. */
export interface ObserveAll {
  /** Of the first sidecar; each of the others has the port after the one before, or any free one where it is 0. */
  readonly metrics: ListenAddress | undefined;
  /** A full path, or `-`. */
  readonly accessLog: string | undefined;
}

/** @throws ThemisError THEMIS_CONFIG_INVALID */
export function readObserveAll(metrics: string | undefined, accessLog: string | undefined): ObserveAll {
  const address = metrics === undefined ? undefined : parseListenAddress(metrics);
  if (metrics !== undefined && address === undefined) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', '--metrics: HOST:PORT with an address of this machine, or PORT');
  }
  if (accessLog === '') throw new ThemisError('THEMIS_CONFIG_INVALID', '--access-log: a file, or - for the output');
  // Sidecars run in the folders of their services.
  return { metrics: address, accessLog: accessLog === undefined || accessLog === '-' ? accessLog : resolve(accessLog) };
}

/** @param number of the sidecar among all, from 0 */
export function withObserving(plan: ServicePlan, number: number, all: ObserveAll | undefined): ServicePlan {
  if (plan.mesh !== 'sidecar' || all === undefined) return plan;
  const { metrics: first, accessLog } = all;
  const port = first === undefined || first.port === 0 ? 0 : first.port + number;
  const metrics = plan.metrics ?? (first && port <= 65_535 ? { host: first.host, port } : undefined);
  return { ...plan, metrics, accessLog: plan.accessLog ?? accessLog };
}
