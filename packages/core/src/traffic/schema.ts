import { TargetName } from '../app/target-name.ts';
import { leaf, list, map, mapOf, whole, word, type Check, type Step, type TrafficMistake } from './check.ts';
import { EVERY_SERVICE, type ServiceTraffic, type TrafficTable } from './traffic.ts';

/** A day: no time in here is longer. */
const DAY_MS = 86_400_000;

const ms = (least: number, most = DAY_MS): Check => whole(least, most, 'milliseconds');
const percent = whole(0, 100, 'percent');
const serviceName = leaf((value) => TargetName.is(value), 'the name of a service');

const LABEL = /^[a-z0-9](?:[a-z0-9./-]{0,61}[a-z0-9])?$/;
const labels = mapOf(
  (key) => LABEL.test(key),
  'a label: 1 to 63 of a to z, 0 to 9, and inner . / -',
  word(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'the value of a label: 1 to 63 of letters, digits, and inner . _ -'),
  16,
);

/** RFC 9110 section 5.1, in lower case. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/;
const fieldValue = word(/^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/, 'a text of 1 to 256 printable ASCII signs');
const match = map(
  { header: word(FIELD_NAME, 'the name of a header, in lower case'), value: fieldValue, prefix: fieldValue },
  {
    required: ['header'],
    together: ({ value, prefix }) => (value !== undefined && prefix !== undefined ? 'value or prefix, not both' : undefined),
  },
);

/** Whose word the data is. */
export type TrafficScope =
  /** A caller's own: it may say anything. */
  | 'caller'
  /**
   * A service's, of itself, for its callers: it may say how it is called, and divide its own instances. It may not send its
   * callers to another service, who would then act there in their own name at the wish of this one, nor make them fail.
   */
  | 'record';

const limits = map({
  underWay: whole(1, 1_000_000),
  perCaller: rate(),
  callers: mapOf((key) => TargetName.is(key), 'the name of a service', rate(), 1000),
});

function rate(): Check {
  return map({ perSecond: whole(1, 1_000_000), burst: whole(1, 1_000_000) }, { required: ['perSecond'] });
}

const common: Readonly<Record<string, Check>> = {
  timeoutMs: ms(1),
  tryTimeoutMs: ms(1),
  retries: map({
    attempts: whole(0, 10),
    percent,
    minPerSecond: whole(0, 1000),
    baseMs: ms(0, 60_000),
    maxMs: ms(0, 60_000),
    statuses: list(whole(400, 599, 'a status'), 20),
  }),
  hedge: map({ afterMs: ms(1, 60_000) }, { required: ['afterMs'] }),
  outliers: map({
    consecutive: whole(0, 1000),
    successPercent: percent,
    volume: whole(1, 100_000),
    windowMs: ms(1000, 3_600_000),
    ejectMs: ms(100, 3_600_000),
    maxEjectMs: ms(100),
    maxEjectedPercent: percent,
  }),
  zone: leaf((value) => value === 'prefer' || value === 'any', 'prefer or any'),
  atOnce: map({ calls: whole(1, 1_000_000), waiting: whole(0, 1_000_000), waitMs: ms(1, 600_000) }, { required: ['calls'] }),
};

function schemaOf(scope: TrafficScope): Check {
  const places = scope === 'caller' ? { service: serviceName, labels } : { labels };
  const needsPlace = scope === 'caller' ? 'service, labels, or both' : 'labels';
  const hasPlace = (given: Readonly<Record<string, unknown>>): string | undefined =>
    given['service'] === undefined && given['labels'] === undefined ? `${needsPlace} is missing` : undefined;
  const byLabels = {
    routes: list(map({ match, to: map(places, { together: hasPlace }) }, { required: ['match', 'to'] }), 32),
    // A share without a place is what is left: any instance of the service.
    split: list(map({ weight: whole(0, 10_000), ...places }, { required: ['weight'] }), 16),
  };
  if (scope === 'record') return map({ ...common, ...byLabels, limits });
  return map({
    ...common,
    ...byLabels,
    mirror: map(
      { percent, maxBodyBytes: whole(0, 1_048_576, 'bytes'), ...places },
      { required: ['percent'], together: hasPlace },
    ),
    faults: list(
      map(
        { match, percent, delayMs: ms(1, 600_000), status: whole(400, 599, 'a status') },
        {
          required: ['percent'],
          together: ({ delayMs, status }) =>
            delayMs === undefined && status === undefined ? 'delayMs, status, or both' : undefined,
        },
      ),
      16,
    ),
    limits,
  });
}

const SCHEMAS: Readonly<Record<TrafficScope, Check>> = { caller: schemaOf('caller'), record: schemaOf('record') };

const table = mapOf(
  (key) => key === EVERY_SERVICE || TargetName.is(key),
  `the name of a service, or ${EVERY_SERVICE}`,
  SCHEMAS.caller,
  1000,
);

export type TrafficReading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistakes: readonly TrafficMistake[] };

/** Reads entries by the names of services. All mistakes are told together. */
export function readTrafficTable(value: unknown): TrafficReading<TrafficTable> {
  const mistakes = mistakesIn(table, value);
  if (mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, value: new Map(Object.entries(copyOf(value as Readonly<Record<string, ServiceTraffic>>))) };
}

/** Reads the entry of one service. All mistakes are told together. */
export function readServiceTraffic(value: unknown, scope: TrafficScope): TrafficReading<ServiceTraffic> {
  const mistakes = mistakesIn(SCHEMAS[scope], value);
  // Every part of it was looked at.
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: copyOf(value as ServiceTraffic) };
}

/** `payments.retries.percent: percent, from 0 to 100` */
export function showTrafficMistake({ path, message }: TrafficMistake): string {
  return `${path.map(showStep).join('')}: ${message}`.replace(/^[.:] ?/, '');
}

/** Every key of an entry, by its path, for the documentation to be held against. */
export const TRAFFIC_KEYS: readonly string[] = [
  ...['timeoutMs', 'tryTimeoutMs', 'zone'],
  ...['attempts', 'percent', 'minPerSecond', 'baseMs', 'maxMs', 'statuses'].map((key) => `retries.${key}`),
  'hedge.afterMs',
  ...['consecutive', 'successPercent', 'volume', 'windowMs', 'ejectMs', 'maxEjectMs', 'maxEjectedPercent'].map(
    (key) => `outliers.${key}`,
  ),
  ...['calls', 'waiting', 'waitMs'].map((key) => `atOnce.${key}`),
  ...['match.header', 'match.value', 'match.prefix', 'to.service', 'to.labels'].map((key) => `routes.${key}`),
  ...['weight', 'service', 'labels'].map((key) => `split.${key}`),
  ...['percent', 'maxBodyBytes', 'service', 'labels'].map((key) => `mirror.${key}`),
  ...['match', 'percent', 'delayMs', 'status'].map((key) => `faults.${key}`),
  ...['underWay', 'perCaller', 'callers'].map((key) => `limits.${key}`),
];

function mistakesIn(check: Check, value: unknown): TrafficMistake[] {
  const mistakes: TrafficMistake[] = [];
  check(value, [], mistakes);
  return mistakes;
}

/** What whoever gave it does with it afterwards changes nothing here. */
function copyOf<T>(value: T): T {
  return structuredClone(value);
}

function showStep(step: Step): string {
  return typeof step === 'number' ? `[${step}]` : `.${step}`;
}
