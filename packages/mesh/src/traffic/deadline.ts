/**
 * How much time the caller still gives: whole milliseconds that are left when the request is sent. What is left rather than a
 * time of day, because clocks differ; the way itself is so given for nothing, which is little against any time-out.
 */
export const DEADLINE_FIELD = 'x-themis-deadline';

/** The same of gRPC: up to eight digits and a unit (gRPC over HTTP2, "Requests"). */
export const GRPC_TIMEOUT_FIELD = 'grpc-timeout';

/** No deadline is further away: a day. Milliseconds. */
export const MOST_MS = 86_400_000;

/** @param deadline and `now` in milliseconds of one clock @returns the field with what is left, at least 1 ms */
export function deadlineFields(deadline: number, now: number): readonly string[] {
  return [DEADLINE_FIELD, String(Math.max(1, Math.floor(deadline - now)))];
}

/**
 * What fields say of the time that is left; the least, where several do.
 *
 * @param fields names and values in turn
 * @returns milliseconds; undefined where they say nothing, or what cannot be read
 */
export function timeLeft(fields: readonly string[]): number | undefined {
  let least: number | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (name.length !== DEADLINE_FIELD.length && name.length !== GRPC_TIMEOUT_FIELD.length) continue;
    const left = timeOf(name.toLowerCase(), fields[index + 1] ?? '');
    if (left !== undefined && (least === undefined || left < least)) least = left;
  }
  return least;
}

function timeOf(name: string, value: string): number | undefined {
  if (name === DEADLINE_FIELD) return parseDeadline(value);
  return name === GRPC_TIMEOUT_FIELD ? parseGrpcTimeout(value) : undefined;
}

/** @returns milliseconds, at most {@link MOST_MS}; undefined for what is no such text */
export function parseDeadline(value: string): number | undefined {
  return /^\d{1,10}$/.test(value) ? Math.min(Number(value), MOST_MS) : undefined;
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** @returns milliseconds, at most {@link MOST_MS}; undefined for what is no such text */
export function parseGrpcTimeout(value: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  return digits === undefined ? undefined : Math.min(Number(digits) * (UNITS[unit] ?? 0), MOST_MS);
}
