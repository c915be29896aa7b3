import type { Direction } from '../direction.ts';
import type { MetricDeclaration } from './declaration.ts';
import {
  DIRECTION,
  ERROR,
  LOCAL_PORT,
  PEER,
  POLICY,
  PROTOCOL,
  REFUSAL,
  RULE,
  STATUS,
  type LocalPort,
  type LoggedProtocol,
  type StatusClass,
} from './labels.ts';

/** Every counter, with its labels. */
export interface CounterLabels {
  readonly themis_requests_total: {
    readonly direction: Direction;
    readonly peer: string;
    readonly protocol: LoggedProtocol;
    readonly status: StatusClass;
  };
  readonly themis_request_refusals_total: { readonly direction: Direction; readonly refusal: string };
  readonly themis_request_retries_total: { readonly peer: string };
  readonly themis_bytes_total: { readonly direction: Direction; readonly flow: 'in' | 'out' };
  readonly themis_policy_refusals_total: { readonly policy: string; readonly rule: string; readonly refusal: string };
  readonly themis_policy_audits_total: { readonly peer: string };
  readonly themis_handshakes_total: { readonly direction: Direction };
  readonly themis_connections_refused_total: { readonly refusal: string };
  readonly themis_dial_failures_total: { readonly error: string };
  readonly themis_leaf_renewals_total: { readonly result: 'renewed' | 'failed' };
  readonly themis_directory_failures_total: NoLabels;
  readonly themis_state_failures_total: NoLabels;
  readonly themis_charter_changes_total: NoLabels;
  readonly themis_alarms_total: { readonly refusal: string };
  readonly themis_local_connections_dropped_total: { readonly port: LocalPort };
  readonly themis_access_log_lines_total: NoLabels;
  readonly themis_access_log_dropped_lines_total: NoLabels;
  readonly themis_series_overflows_total: NoLabels;
  readonly process_cpu_seconds_total: NoLabels;
}

/** Every gauge, with its labels. */
export interface GaugeLabels {
  readonly themis_member_info: { readonly service: string; readonly member: string; readonly id: string };
  readonly themis_requests_in_flight: { readonly direction: Direction };
  readonly themis_channels_open: { readonly direction: Direction };
  readonly themis_local_connections_open: { readonly port: LocalPort };
  readonly themis_leaf_remaining_seconds: NoLabels;
  readonly themis_charter_remaining_seconds: NoLabels;
  readonly process_resident_memory_bytes: NoLabels;
  readonly process_start_time_seconds: NoLabels;
}

/** Every histogram, with its labels. */
export interface HistogramLabels {
  readonly themis_request_duration_seconds: { readonly direction: Direction; readonly peer: string };
}

export type NoLabels = Readonly<Record<never, string>>;

type Declared<Labels> = { readonly [Name in keyof Labels]: MetricDeclaration<keyof Labels[Name] & string> };

export const COUNTERS: Declared<CounterLabels> = {
  themis_requests_total: {
    help: 'Requests, and raw connections, that have ended',
    labels: { direction: DIRECTION, peer: PEER, protocol: PROTOCOL, status: STATUS },
  },
  themis_request_refusals_total: {
    help: 'Requests that were refused, or failed without an answer, and why',
    labels: { direction: DIRECTION, refusal: REFUSAL },
  },
  themis_request_retries_total: { help: 'Tries of requests after the first', labels: { peer: PEER } },
  themis_bytes_total: {
    help: 'Bytes of bodies and of raw connections',
    unit: 'bytes',
    labels: {
      direction: DIRECTION,
      flow: { meaning: '`in`: taken by the callee; `out`: given by it', values: ['in', 'out'] },
    },
  },
  themis_policy_refusals_total: {
    help: 'Requests that a policy refused, and by which rule',
    labels: { policy: POLICY, rule: RULE, refusal: REFUSAL },
  },
  themis_policy_audits_total: {
    help: 'Requests that a policy would have refused, if it did not only audit',
    labels: { peer: PEER },
  },
  themis_handshakes_total: { help: 'Channels that were opened, both sides proved', labels: { direction: DIRECTION } },
  themis_connections_refused_total: {
    help: 'Connections of others that were turned away, or cut when their right had ended, and why',
    labels: { refusal: REFUSAL },
  },
  themis_dial_failures_total: { help: 'Instances that could not be reached, or refused us', labels: { error: ERROR } },
  themis_leaf_renewals_total: {
    help: 'Leaves that were to be replaced',
    labels: { result: { meaning: 'how it went', values: ['renewed', 'failed'] } },
  },
  themis_directory_failures_total: {
    help: 'Questions that the directory did not answer, and records that it did not take',
    labels: {},
  },
  themis_state_failures_total: { help: 'Writes of what was seen of others that failed', labels: {} },
  themis_charter_changes_total: { help: 'Newer charters that were believed', labels: {} },
  themis_alarms_total: {
    help: 'Contradictions to what was seen before, and news that stayed away',
    labels: { refusal: REFUSAL },
  },
  themis_local_connections_dropped_total: {
    help: 'Connections to plain ports that were closed because too many were open',
    labels: { port: LOCAL_PORT },
  },
  themis_access_log_lines_total: { help: 'Lines of the access log that were written', labels: {} },
  themis_access_log_dropped_lines_total: {
    help: 'Lines of the access log that were lost, because it was not written as fast or failed',
    labels: {},
  },
  themis_series_overflows_total: {
    help: 'Times that a label said `other` because its metric had as many series as it may',
    labels: {},
  },
  process_cpu_seconds_total: { help: 'Processor time of this process', unit: 'seconds', labels: {} },
};

export const GAUGES: Declared<GaugeLabels> = {
  themis_member_info: {
    help: 'Which instance this is: always 1',
    labels: {
      service: { meaning: 'the service', values: undefined },
      // Prometheus has a label of its own that is called `instance`.
      member: { meaning: 'the instance of it', values: undefined },
      id: { meaning: 'its ID', values: undefined },
    },
  },
  themis_requests_in_flight: {
    help: 'Requests, and raw connections, that have begun and not ended',
    labels: { direction: DIRECTION },
  },
  themis_channels_open: { help: 'Channels that are open', labels: { direction: DIRECTION } },
  themis_local_connections_open: { help: 'Connections to plain ports that are open', labels: { port: LOCAL_PORT } },
  themis_leaf_remaining_seconds: {
    help: 'Until the leaf of the moment ends; below 0 where it has',
    unit: 'seconds',
    labels: {},
  },
  themis_charter_remaining_seconds: {
    help: 'Until the charter held ends; below 0 where it has',
    unit: 'seconds',
    labels: {},
  },
  process_resident_memory_bytes: { help: 'Memory of this process', unit: 'bytes', labels: {} },
  process_start_time_seconds: { help: 'When this process began: since 1970', unit: 'seconds', labels: {} },
};

/** From a call within one machine to a slow one: 100 µs to 10 s. */
const DURATIONS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const HISTOGRAMS: Declared<HistogramLabels> = {
  themis_request_duration_seconds: {
    help: 'From the head of a request to the end of its answer; a raw connection is not among them',
    unit: 'seconds',
    labels: { direction: DIRECTION, peer: PEER },
    most: 100,
    buckets: DURATIONS,
  },
};
