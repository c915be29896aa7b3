import { ServiceName } from '@themis-mesh/core';
import type { ServicePlan } from './config.ts';
import type { Mistake } from './mistake.ts';
import type { ConfigEntry, ServiceEntry } from './schema.ts';
import { startOrder } from './start-order.ts';
import type { YamlText } from './yaml-text.ts';

/** What a sidecar does, and a service that is in the mesh by itself says in its own program. */
const OF_SIDECARS = [
  'socket',
  'protocol',
  'policy',
  'egress',
  'forward',
  'ingress',
  'probe',
  'metrics',
  'metricsHost',
  'accessLog',
  'accessLogQuery',
  'maxConnections',
  'stall',
  'listen',
  'advertise',
  'proxy',
  'health',
  'leaf',
  'zone',
  'labels',
  'weight',
] as const;

/** What every instance of a service would want for itself. */
const OF_ONE_INSTANCE = ['socket', 'forward', 'ingress', 'probe'] as const;

type Says = (path: readonly string[], message: string) => void;

/** Checks what the parts of a configuration say together. */
export function checkConfig(
  config: ConfigEntry,
  yaml: YamlText,
): { readonly services: readonly ServicePlan[] } | { readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const services = new Map(entriesOf(config.services));
  for (const [name, entry] of services) {
    checkService(entry, (path, message) => mistakes.push(yaml.mistake(['services', name, ...path], message)));
    for (const [index, other] of entry.dependsOn.entries()) {
      if (!services.has(other))
        mistakes.push(yaml.mistake(['services', name, 'dependsOn', index], `no service is named ${other} here`));
    }
  }
  for (const alias of Object.keys(config.imports)) {
    const isName = [...services.keys()].some((name) => name === alias);
    if (isName) mistakes.push(yaml.mistake(['imports', alias], `a service is named ${alias} already`));
  }
  mistakes.push(...portsWantedTwice(services, yaml));
  const order = startOrder(
    new Map([...services].map(([name, { dependsOn }]) => [name, dependsOn.filter((other) => services.has(other))])),
  );
  if ('circle' in order) {
    const [first = ''] = order.circle;
    mistakes.push(yaml.mistake(['services', first, 'dependsOn'], `waits for itself: ${order.circle.join(' → ')}`));
  }
  if (mistakes.length > 0 || 'circle' in order) return { mistakes };
  return { services: order.flatMap((name) => planOf(name, services.get(name))) };
}

function checkService(entry: ServiceEntry, says: Says): void {
  if (entry.mesh === 'in-process') {
    for (const key of OF_SIDECARS)
      if (entry[key] !== undefined) says([key], 'of a sidecar only: with mesh: in-process the program says it');
  } else if ((entry.port === undefined) === (entry.socket === undefined)) {
    says(entry.port === undefined ? [] : ['socket'], 'either port or socket: where the program listens');
  }
  if (entry.protocol === 'tcp' || entry.protocol === 'h2') {
    for (const key of ['ingress', 'health'] as const)
      if (entry[key] !== undefined) says([key], 'of a program that speaks HTTP/1.1 only');
  }
  if (entry.replicas > 1) {
    for (const key of OF_ONE_INSTANCE)
      if (entry[key] !== undefined) says([key], 'of one instance only: with more, all would want the same');
    for (const key of ['listen', 'metrics'] as const)
      if ((entry[key]?.port ?? 0) !== 0) says([key], 'with more than one instance the port is 0: any free one');
  }
  if (entry.metrics === undefined && entry.metricsHost !== undefined) says(['metricsHost'], 'with metrics only');
  if (entry.accessLog === undefined && entry.accessLogQuery === true) says(['accessLogQuery'], 'with accessLog only');
  const last = typeof entry.port === 'number' ? entry.port + entry.replicas - 1 : 0;
  if (last > 65_535) says(['port'], `with ${entry.replicas} instances the last would have port ${last}`);
}

/** Ports are held against each other as if all were of one address, which is true of nearly all. */
function portsWantedTwice(services: ReadonlyMap<ServiceName, ServiceEntry>, yaml: YamlText): Mistake[] {
  const wanted = new Map<number, string>();
  const mistakes: Mistake[] = [];
  const want = (port: number | undefined, path: readonly string[]): void => {
    if (port === undefined || port === 0) return;
    const other = wanted.get(port);
    if (other === undefined) wanted.set(port, path.join('.'));
    else mistakes.push(yaml.mistake(path, `port ${port} is wanted by ${other} already`));
  };
  for (const [name, { port, replicas, forward = [], ...entry }] of services) {
    const at = (key: string): readonly string[] => ['services', name, key];
    for (let index = 0; typeof port === 'number' && index < replicas; index += 1) want(port + index, at('port'));
    for (const { port: local } of forward) want(local, [...at('forward'), String(local)]);
    for (const key of ['ingress', 'probe', 'metrics', 'listen'] as const) want(entry[key]?.port, at(key));
  }
  return mistakes;
}

function entriesOf(services: ConfigEntry['services']): (readonly [ServiceName, ServiceEntry])[] {
  return Object.entries(services).flatMap(([key, entry]) => (ServiceName.is(key) ? [[key, entry] as const] : []));
}

function planOf(name: ServiceName, entry: ServiceEntry | undefined): ServicePlan[] {
  return entry === undefined ? [] : [{ name, ...entry }];
}
