import { ThemisError } from '@themis-mesh/core';
import type { Metrics, RequestLog } from '@themis-mesh/telemetry';
import type { EventObserver } from '../announcer.ts';

/** Counts what happens in a mesh. */
export function countEvents(metrics: Metrics, requests: RequestLog): EventObserver {
  return {
    renewed: () => metrics.counter('themis_leaf_renewals_total', { result: 'renewed' }).add(),
    'renewal-failed': () => metrics.counter('themis_leaf_renewals_total', { result: 'failed' }).add(),
    refused: ({ refusal, remote }) => {
      // A channel ends with the leaves that it was made with: nobody was turned away.
      if (refusal.code !== 'leaf-ended') requests.turnedAway(refusal.code, remote);
    },
    'request-refused': ({ decision: { policy, rule, because: refusal } }) =>
      metrics.counter('themis_policy_refusals_total', { policy, rule, refusal }).add(),
    'dial-failed': ({ error }) => metrics.counter('themis_dial_failures_total', { error: codeOf(error) }).add(),
    'directory-failed': () => metrics.counter('themis_directory_failures_total', {}).add(),
    'state-failed': () => metrics.counter('themis_state_failures_total', {}).add(),
    charter: () => metrics.counter('themis_charter_changes_total', {}).add(),
    alarm: ({ refusal }) => metrics.counter('themis_alarms_total', { refusal: refusal.code }).add(),
  };
}

function codeOf(error: unknown): string {
  return ThemisError.is(error) ? error.code : 'THEMIS_UNEXPECTED';
}
