import { randomBytes } from 'node:crypto';
import {
  InstanceName,
  isDialableHost,
  MAX_LEAF_SECONDS,
  readPolicyOptions,
  ServiceName,
  ThemisError,
  type Policy,
} from '@themis-mesh/core';
import { DEFAULT_LIMITS, systemClock, type Clock, type ListenerLimits } from '@themis-mesh/channel';
import type { Directory, OpenDirectory } from '@themis-mesh/directory';
import { environmentHome, environmentNodes } from './environment.ts';
import { MOST_WEIGHT, readInstanceLabels } from './find/instance-traits.ts';
import { DEFAULT_WEIGHT } from './find/target.ts';
import type { JoinOptions, PolicyOptions } from './join-options.ts';
import { isNodes, NODES_WANTED } from './nodes/node-address.ts';
import { readObserveOptions, type ResolvedObserveOptions } from './observe/observe-options.ts';

/** The options with every default in place. */
export interface ResolvedOptions {
  readonly name: ServiceName;
  readonly home: string;
  readonly instance: InstanceName;
  readonly policy: Policy | undefined;
  readonly port: number | undefined;
  readonly leafSeconds: number;
  readonly advertise: string | undefined;
  readonly strict: boolean;
  /** Undefined: those that the home names. */
  readonly nodes: readonly string[] | undefined;
  /** Undefined: what the nodes answer, or the one in the home. */
  readonly directory: Directory | undefined;
  readonly openDirectory: OpenDirectory | undefined;
  readonly limits: Partial<ListenerLimits>;
  readonly zone: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly weight: number;
  /** Read where it is put in force. */
  readonly traffic: unknown;
  readonly clock: Clock;
  readonly observe: ResolvedObserveOptions;
}

const ZONE = /^[A-Za-z0-9._-]{1,63}$/;

const DEFAULT_LEAF_SECONDS = 3600;
const LEAST_LEAF_SECONDS = 2;

const OPTIONS: ReadonlySet<string> = new Set<keyof JoinOptions>([
  'service',
  'home',
  'instance',
  'policy',
  'port',
  'leafSeconds',
  'advertise',
  'strict',
  'nodes',
  'directory',
  'openDirectory',
  'limits',
  'zone',
  'labels',
  'weight',
  'traffic',
  'clock',
  'accessLog',
  'metrics',
]);

/** Programs in plain JavaScript pass what they like, so every value is looked at. */
type Unread<T> = { readonly [Name in keyof T]?: unknown };

/**
 * @throws ThemisError `THEMIS_NAME_INVALID` where the name of the service is all that is wrong; `THEMIS_CONFIG_INVALID` with
 * all mistakes together
 */
export function readOptions(options: JoinOptions): ResolvedOptions {
  if (!isObject(options)) throw invalid(['the options are an object']);
  const read: Unread<JoinOptions> = options;
  const mistakes = unknownKeys(read, OPTIONS, '');
  const demand = (isMet: boolean, mistake: string): void => {
    if (!isMet) mistakes.push(mistake);
  };
  const { service, home = environmentHome(), instance = randomBytes(9).toString('base64url') } = read;
  const { leafSeconds = DEFAULT_LEAF_SECONDS, advertise, strict = false, directory, openDirectory, clock = systemClock } = read;
  const { port } = read;
  demand(typeof home === 'string' && home !== '', 'home: a path');
  demand(InstanceName.is(instance), 'instance: 1 to 64 of letters, digits, _ and -');
  const isLife = isWhole(leafSeconds, LEAST_LEAF_SECONDS) && leafSeconds <= MAX_LEAF_SECONDS;
  demand(isLife, `leafSeconds: a whole number from ${LEAST_LEAF_SECONDS} to ${MAX_LEAF_SECONDS}`);
  const isDialable = advertise === undefined || (typeof advertise === 'string' && isDialableHost(advertise));
  demand(isDialable, 'advertise: an address or a DNS name that others can dial, in lower case');
  demand(port === undefined || (isWhole(port, 1) && port <= 65_535), 'port: from 1 to 65535');
  demand(typeof strict === 'boolean', 'strict: true or false');
  demand(directory === undefined || has(directory, ['store', 'find', 'instances', 'watch']), 'directory: a Directory');
  demand(openDirectory === undefined || typeof openDirectory === 'function', 'openDirectory: a function');
  demand(has(clock, ['now', 'after']), 'clock: a Clock');
  const { zone, weight = DEFAULT_WEIGHT, traffic } = read;
  demand(zone === undefined || (typeof zone === 'string' && ZONE.test(zone)), 'zone: 1 to 63 of letters, digits, . _ and -');
  demand(isWhole(weight, 1) && weight <= MOST_WEIGHT, `weight: a whole number from 1 to ${MOST_WEIGHT}`);
  const nodes = read.nodes ?? environmentNodes();
  demand(nodes === undefined || isNodes(nodes), `nodes: ${NODES_WANTED}`);
  const labels = readLabels(read.labels, mistakes);
  const limits = readLimits(read.limits, mistakes);
  const policy = read.policy === undefined ? undefined : collectPolicy(read.policy, mistakes);
  const observe = readObserveOptions(read, mistakes);
  if (!ServiceName.is(service)) {
    if (mistakes.length === 0) throw new ThemisError('THEMIS_NAME_INVALID', String(service));
    mistakes.unshift('service: 1 to 40 lowercase letters, digits and hyphens');
  }
  if (mistakes.length > 0) throw invalid(mistakes);
  // Every value was looked at above; the compiler does not follow that through a list of mistakes.
  const own = { name: service, home, instance, policy, port, leafSeconds, advertise, strict };
  const spot = { zone, labels, weight, traffic };
  return { ...own, ...spot, nodes, directory, openDirectory, limits, clock, observe } as ResolvedOptions;
}

/** A policy with its defaults in place. @throws ThemisError `THEMIS_CONFIG_INVALID` */
export function readPolicy(policy: PolicyOptions): Policy {
  const mistakes: string[] = [];
  const read = collectPolicy(policy, mistakes);
  if (read === undefined) throw invalid(mistakes);
  return read;
}

function collectPolicy(policy: unknown, mistakes: string[]): Policy | undefined {
  const read = readPolicyOptions(policy);
  if (read.ok) return read.policy;
  mistakes.push(...read.mistakes.map(({ path, message }) => `${['policy', ...path].join('.')}: ${message}`));
  return undefined;
}

function readLimits(limits: unknown, mistakes: string[]): Partial<ListenerLimits> {
  if (limits === undefined) return {};
  if (!isObject(limits)) {
    mistakes.push('limits: an object');
    return {};
  }
  mistakes.push(...unknownKeys(limits, new Set(Object.keys(DEFAULT_LIMITS)), 'limits.'));
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) if (!isWhole(value, 1)) mistakes.push(`limits.${name}: a whole number from 1 on`);
  return Object.fromEntries(given);
}

function readLabels(labels: unknown, mistakes: string[]): ReadonlyMap<string, string> {
  const read = labels === undefined ? new Map<string, string>() : readInstanceLabels(labels);
  if (read === undefined) mistakes.push('labels: at most 16, such as { version: "v2" }');
  return read ?? new Map<string, string>();
}

function unknownKeys(given: object, known: ReadonlySet<string>, prefix: string): string[] {
  return Object.keys(given)
    .filter((name) => !known.has(name))
    .map((name) => `${prefix}${name}: there is no such option`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

function has(value: unknown, methods: readonly string[]): boolean {
  return isObject(value) && methods.every((name) => name in value && typeof value[name as keyof object] === 'function');
}

function invalid(mistakes: readonly string[]): ThemisError {
  return new ThemisError('THEMIS_CONFIG_INVALID', mistakes.join('; '));
}
