import type { InstanceStatus, UpStatus } from '@themis-mesh/agent';
import type { Field } from '../cli-command.ts';
import type { JsonValue } from './answer.ts';
import { jsonTime } from './app-json.ts';
import { escapeText } from './escape.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { showMoment } from './times.ts';

/** What a running `themis up` does, in JSON. */
export function upJson({ pid, file, since, instances }: UpStatus): JsonValue {
  return { pid, file, since: jsonTime(since), instances: instances.map((instance) => ({ ...instance })) };
}

const NO_UP = 'where no `themis up` runs';
const NOT_RUNNING = 'while it does not run';
const NOT_READY = 'while it is not ready';

/** The fields of {@link upJson}, under `up`. */
export const UP_FIELDS: readonly Field[] = [
  { path: 'up.pid', type: 'number', meaning: 'The process of the `themis up` that runs for this home', absent: NO_UP },
  { path: 'up.file', type: 'text', meaning: 'Its configuration', absent: NO_UP },
  { path: 'up.since', type: 'time', meaning: 'Since when it runs', absent: NO_UP },
  { path: 'up.instances[].service', type: 'text', meaning: 'A service that it runs', absent: NO_UP },
  { path: 'up.instances[].replica', type: 'number', meaning: 'Which of its instances, counted from 1', absent: NO_UP },
  {
    path: 'up.instances[].state',
    type: 'text',
    meaning: 'waiting (for what it depends on), starting, ready, backing-off, stopping or ended',
    absent: NO_UP,
  },
  { path: 'up.instances[].restarts', type: 'number', meaning: 'How many times it was started again', absent: NO_UP },
  {
    path: 'up.instances[].pid',
    type: 'number',
    meaning: "Its sidecar's process, or the program's own where it is in the mesh by itself",
    absent: NOT_RUNNING,
  },
  { path: 'up.instances[].app', type: 'number', meaning: "The program's process behind its sidecar", absent: NOT_READY },
  { path: 'up.instances[].port', type: 'number', meaning: 'The plain port of the program', absent: 'where it has none' },
  { path: 'up.instances[].mesh', type: 'number', meaning: 'The port on which its sidecar takes the mesh', absent: NOT_READY },
  { path: 'up.instances[].ingress', type: 'number', meaning: 'The port for callers outside', absent: 'where it has none' },
  { path: 'up.instances[].metrics', type: 'number', meaning: 'The port of its metrics', absent: 'where it has none' },
  { path: 'up.instances[].proxy', type: 'number', meaning: "The port of the program's proxy", absent: NOT_READY },
];

export function showUp({ pid, file, since, instances }: UpStatus, now: number, paint: Paint): readonly string[] {
  const rows = instances.map((instance) => {
    const { service, replica, state, restarts } = instance;
    return [
      paint.bold(
        escapeText(instances.some((other) => other.service === service && other.replica > 1) ? `${service}.${replica}` : service),
      ),
      state === 'ready' ? paint.good(state) : paint.warning(state),
      String(restarts),
      processesOf(instance),
      portsOf(instance),
    ];
  });
  return [
    `themis up, process ${pid}, since ${showMoment(since, now)}, with ${escapeText(file)}`,
    ...table(['INSTANCE', 'STATE', 'RESTARTS', 'PROCESS', 'PORTS'], rows, paint),
  ];
}

function processesOf({ pid, app }: InstanceStatus): string {
  if (pid === undefined) return '';
  return app === undefined ? String(pid) : `${app}, sidecar ${pid}`;
}

function portsOf({ port, mesh, ingress, proxy, metrics }: InstanceStatus): string {
  const ports = { plain: port, mesh, ingress, proxy, metrics };
  return Object.entries(ports)
    .flatMap(([name, number]) => (number === undefined ? [] : [`${name} ${number}`]))
    .join(', ');
}
