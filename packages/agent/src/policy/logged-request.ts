import { IdentityId, TargetName, type Caller, type RequestHead, type ServiceName } from '@themis-mesh/core';

/** What a line of the access log says of a request that came in, as far as a policy looks. */
export interface LoggedRequest {
  readonly caller: Caller;
  readonly callerName: string;
  readonly service: string;
  /** Undefined for a raw stream. */
  readonly request: Omit<RequestHead, 'headers'> | undefined;
  readonly port: number | undefined;
  /** Whether a policy refused it then. */
  readonly wasRefused: boolean;
}

/** Whom an access log names, as the charter knows them; undefined for who is no member. */
export type Members = (name: ServiceName) => Pick<Caller, 'labels' | 'id'> | undefined;

/** @returns undefined for a line that is about no request that came in and could be judged */
export function readLoggedRequest(line: string, members: Members): LoggedRequest | undefined {
  const fields = parse(line);
  if (fields === undefined || fields['direction'] !== 'inbound') return undefined;
  const { service, method, path, refusal, port } = fields;
  const caller = callerOf(fields, members);
  const isRefusedOtherwise = typeof refusal === 'string' && !refusal.startsWith('policy-');
  if (caller === undefined || typeof service !== 'string' || isRefusedOtherwise) return undefined;
  const isStream = method === undefined && path === undefined;
  // A path that was cut short for the log is not the one that was asked for.
  if (!isStream && (typeof method !== 'string' || typeof path !== 'string' || path.endsWith('…'))) return undefined;
  return {
    caller,
    callerName: caller.name ?? caller.id,
    service,
    request: typeof method === 'string' && typeof path === 'string' ? { method, path: path.replace(/\?.*$/s, '') } : undefined,
    port: typeof port === 'number' && Number.isInteger(port) ? port : undefined,
    wasRefused: typeof refusal === 'string',
  };
}

type Line = Readonly<Record<string, unknown>>;

function callerOf({ caller, callerId }: Line, members: Members): Caller | undefined {
  const name = typeof caller === 'string' ? TargetName.parse(caller) : undefined;
  if (caller !== undefined && name === undefined) return undefined;
  const parts = name && TargetName.partsOf(name);
  const member = parts === undefined || parts.alias !== undefined ? undefined : members(parts.service);
  const id = IdentityId.parse(typeof callerId === 'string' ? callerId : '') ?? member?.id;
  if (id === undefined) return undefined;
  return { name, alias: parts?.alias, labels: member?.labels ?? new Map(), id, spiffeId: `spiffe://${id}/i/unknown` };
}

function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
