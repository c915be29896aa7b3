import { NO_SUCH_KEY, readPolicyOptions, ServiceName, ThemisError } from '@themis-mesh/core';
import { z } from 'zod';
import { isNodes, NODES_WANTED } from '@themis-mesh/mesh';
import { CHARTER_ALONE, type FilePolicy } from '../policy/file-policy.ts';
import { parseEgress } from '../proxy/egress-rule.ts';
import { parseForwardTarget, type ForwardTarget } from '../sidecar/forward-target.ts';
import type { ForwardOption } from '../sidecar/options.ts';
import { isHostName } from '../sidecar/read-options.ts';
import { parseListenAddress, type ListenAddress } from '../tcp/listen-address.ts';
import { MOST_REPLICAS, MOST_SECONDS } from './bounds.ts';
import { splitWords } from './words.ts';

/** A service as it stands in a file, with its defaults in place. */
export interface ServiceEntry {
  readonly command: readonly string[];
  readonly mesh: 'sidecar' | 'in-process';
  readonly port?: number | 'auto' | undefined;
  readonly socket?: string | undefined;
  readonly protocol?: 'http' | 'h2' | 'tcp' | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly policy?: FilePolicy | undefined;
  readonly egress?: readonly string[] | undefined;
  readonly forward?: readonly ForwardOption[] | undefined;
  readonly ingress?: ListenAddress | undefined;
  readonly probe?: ListenAddress | undefined;
  readonly metrics?: ListenAddress | undefined;
  readonly metricsHost?: readonly string[] | undefined;
  readonly accessLog?: string | undefined;
  readonly accessLogQuery?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  readonly stall?: number | undefined;
  readonly listen?: ListenAddress | undefined;
  readonly advertise?: string | undefined;
  readonly proxy?: boolean | undefined;
  readonly health?: string | undefined;
  readonly wait: number;
  readonly drain: number;
  readonly leaf?: number | undefined;
  readonly zone?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly weight?: number | undefined;
  readonly replicas: number;
  readonly restart: 'always' | 'on-failure' | 'never';
  readonly dependsOn: readonly ServiceName[];
}

export interface ConfigEntry {
  readonly app?: ServiceName | undefined;
  /** The folder of the directory, beside the configuration, or its address. */
  readonly directory?: string | undefined;
  /** The nodes of the directory, where it is not a folder: addresses, or URLs. */
  readonly nodes?: readonly string[] | undefined;
  /** By its alias the anchor of each app: its ID, or the path of a file with it, beside the configuration. */
  readonly imports: Readonly<Record<ServiceName, string>>;
  readonly services: Readonly<Record<ServiceName, ServiceEntry>>;
  readonly traffic?: unknown;
}

const name = z.custom<ServiceName>((value) => ServiceName.is(value), 'a name: 1 to 40 of a to z, 0 to 9 and inner hyphens');
const forwardTarget = z.unknown().transform((value, context): ForwardTarget => {
  const read = typeof value === 'string' ? parseForwardTarget(value) : undefined;
  if (read !== undefined) return read;
  context.issues.push({
    code: 'custom',
    message: 'a name, or one of an imported app: NAME.ALIAS; for HTTP http:NAME, for HTTP/2 and gRPC h2:NAME',
    input: value,
  });
  return z.NEVER;
});
const text = z
  .string('a text')
  .min(1, 'a text that is not empty')
  .max(4096, 'a text of at most 4096 signs')
  .refine((value) => !value.includes('\0'), 'a text without NUL');
const seconds = (least: number): z.ZodNumber =>
  z
    .number(`seconds, from ${least} to ${MOST_SECONDS}`)
    .min(least, `seconds, from ${least}`)
    .max(MOST_SECONDS, `seconds, to ${MOST_SECONDS}`);
const port = z.int('a port, from 1 to 65535').min(1, 'a port, from 1 to 65535').max(65_535, 'a port, from 1 to 65535');
const yes = z.boolean('true or false');

const command = z
  .union([z.array(text).min(1).max(1000), text], 'a command: a list of words, or one text')
  .transform((value, context) => {
    const words = typeof value === 'string' ? splitWords(value) : value;
    if (!('problem' in words)) return words;
    context.issues.push({ code: 'custom', message: words.problem, input: value });
    return z.NEVER;
  });

const listen = z.union([z.string(), z.int()], 'HOST:PORT, or a port of loopback').transform((value, context) => {
  const address = parseListenAddress(String(value));
  if (address !== undefined) return address;
  context.issues.push({
    code: 'custom',
    message: 'HOST:PORT with an address of this machine, or a port of loopback',
    input: value,
  });
  return z.NEVER;
});

const egress = z
  .union([z.string(), z.array(z.string()).max(1000)], 'deny, allow, or a list of hosts')
  .transform((value, context) => {
    const words = typeof value === 'string' ? [value] : value;
    try {
      parseEgress(words);
      return words;
    } catch (error) {
      if (!ThemisError.is(error)) throw error;
      context.issues.push({ code: 'custom', message: 'deny, allow, or a list of hosts: HOST, *.HOST, HOST:PORT', input: value });
      return z.NEVER;
    }
  });

const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of a variable: letters, digits and _'),
  z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false').transform(String),
  'a map of variables with their values',
);

const forward = z
  .record(
    z.string().regex(/^[1-9]\d{0,4}$/, 'a port, from 1 to 65535'),
    forwardTarget,
    'a map of ports of loopback, each with the service to which it leads',
  )
  .transform((ports) => Object.entries(ports).map(([local, to]) => ({ port: Number(local), ...to })));

/** The language is the core's; here its mistakes get their places. */
const policy = z.unknown().transform((value, context): FilePolicy => {
  if (value === CHARTER_ALONE) return CHARTER_ALONE;
  const read = readPolicyOptions(value);
  if (read.ok) return read.policy;
  for (const { path, message } of read.mistakes) {
    const [key] = path.slice(-1);
    if (message === NO_SUCH_KEY && typeof key === 'string')
      context.issues.push({ code: 'unrecognized_keys', keys: [key], path: path.slice(0, -1), input: undefined });
    else context.issues.push({ code: 'custom', path: [...path], message, input: value });
  }
  return z.NEVER;
});

/** Those of a policy. */
const POLICY_KEYS = ['default', 'allow', 'rules', 'mode', 'tolerate'] as const;

const labels = z
  .record(
    z.string().regex(/^[a-z0-9](?:[a-z0-9./-]{0,61}[a-z0-9])?$/, 'a label: 1 to 63 of a to z, 0 to 9, and inner . / -'),
    z
      .string('a text')
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'a value: 1 to 63 of letters, digits, and inner . _ -'),
    'a map of labels with their values',
  )
  .refine((given) => Object.keys(given).length <= 16, 'at most 16 labels');

const service = z.strictObject(
  {
    command,
    mesh: z.enum(['sidecar', 'in-process'], 'sidecar or in-process').default('sidecar'),
    port: z.union([port, z.literal('auto')], 'a port, from 1 to 65535, or auto').optional(),
    socket: text.optional(),
    protocol: z.enum(['http', 'h2', 'tcp'], 'http, h2 or tcp').optional(),
    env: environment.default({}),
    cwd: text.optional(),
    policy: policy.optional(),
    egress: egress.optional(),
    forward: forward.optional(),
    ingress: listen.optional(),
    probe: listen.optional(),
    metrics: listen.optional(),
    metricsHost: z.array(z.string().refine(isHostName, 'a name of a host'), 'a list of hosts').max(100).optional(),
    accessLog: text.optional(),
    accessLogQuery: yes.optional(),
    maxConnections: z.int('a number from 1').min(1, 'at least 1').max(9_999_999, 'at most 9999999').optional(),
    stall: seconds(1).optional(),
    listen: listen.optional(),
    advertise: text.optional(),
    proxy: yes.optional(),
    health: z
      .string()
      .regex(/^\/[\x21-\x7e]*$/, 'a path, beginning with /')
      .optional(),
    wait: seconds(0).default(30),
    drain: seconds(0).default(10),
    leaf: seconds(2).optional(),
    zone: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,63}$/, 'the name of a zone: 1 to 63 of letters, digits, . _ and -')
      .optional(),
    labels: labels.optional(),
    weight: z.int('a number from 1 to 10000').min(1, 'at least 1').max(10_000, 'at most 10000').optional(),
    replicas: z
      .int(`a number from 1 to ${MOST_REPLICAS}`)
      .min(1, 'at least 1')
      .max(MOST_REPLICAS, `at most ${MOST_REPLICAS}`)
      .default(1),
    restart: z.enum(['always', 'on-failure', 'never'], 'always, on-failure or never').default('always'),
    dependsOn: z.array(name, 'a list of names').default([]),
  },
  'a map with the keys of a service',
);

const config = z.strictObject(
  {
    app: name.optional(),
    directory: text.optional(),
    nodes: z.array(text, NODES_WANTED).min(1, NODES_WANTED).refine(isNodes, NODES_WANTED).optional(),
    imports: z.record(name, text, 'a map of aliases, each with the ID of an app or the file with its anchor').default({}),
    services: z
      .record(name, service, 'a map of services by their names')
      .refine((services) => Object.keys(services).length > 0, 'at least one service'),
    // Read by a schema of its own, which signed records share.
    traffic: z.unknown().optional(),
  },
  'a map with app, directory, nodes, imports, services and traffic',
);

/** The form of a configuration, each part by itself; what they say together is checked in `check-config.ts`. */
export const configSchema: z.ZodType<ConfigEntry> = config;

/** Every key of a configuration, by its path. `docs/reference/configuration.md` is held against it. */
export const CONFIG_KEYS: readonly string[] = [
  'app',
  'directory',
  'nodes',
  'imports',
  'services',
  'traffic',
  ...Object.keys(service.shape).map((key) => `services.NAME.${key}`),
  ...POLICY_KEYS.map((key) => `services.NAME.policy.${key}`),
];
