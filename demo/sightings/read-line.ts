import type { Sighting } from './sighting.ts';

/** What the log of a sidecar says, under the names by which the shop's own programs say it. */
const EVENTS: ReadonlyMap<unknown, string> = new Map([
  ['connection refused', 'refused'],
  ['leaf renewed', 'renewed'],
  ['newer charter', 'charter'],
  ['leaf not renewed', 'renewal-failed'],
]);

type Facts = Readonly<Record<string, unknown>>;

/**
 * Reads a line of a service: an event of the shop's own programs, which is JSON, or the log of a sidecar in either of its forms.
 *
 * @param now when it was read: milliseconds since 1970, for lines that do not say when they were written
 * @returns undefined for whatever else a program writes
 */
export function readLine(service: string, line: string, now: number): Sighting | undefined {
  const facts = line.startsWith('{') ? jsonFacts(line) : logFacts(line);
  if (facts === undefined) return undefined;
  const { at, event, time, message } = facts;
  if (typeof at === 'number' && typeof event === 'string') return { service, at, event, facts };
  const known = EVENTS.get(message);
  if (known === undefined) return undefined;
  return { service, at: typeof time === 'string' ? Date.parse(time) : now, event: known, facts };
}

function jsonFacts(line: string): Facts | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}

/** `themis: warn: connection refused refusal=member-removed detail="… by charter 0.9" remote=127.0.0.1:40000` */
function logFacts(line: string): Facts | undefined {
  const match = /^themis: (?:\w+: )?(?<message>.*?)(?<fields>(?: [a-zA-Z]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]+))*)$/.exec(line);
  if (match?.groups === undefined) return undefined;
  const { message, fields = '' } = match.groups;
  const facts = new Map<string, unknown>([['message', message]]);
  for (const [, name = '', quoted, plain] of fields.matchAll(/ ([a-zA-Z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g)) {
    facts.set(name, quoted ?? plain);
  }
  return Object.fromEntries(facts);
}
