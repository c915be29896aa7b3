import type { ScrapePlace } from '@themis-mesh/telemetry';

/** Where the access log goes: a file's path, `-` for the standard output, or a function that takes lines. */
export type AccessLogTarget = string | ((lines: string) => void);

/** What is told of a process, and where. */
export interface ObserveOptions {
  /**
   * A line of JSON for each request: docs/reference/access-log.md. Default: none.
   *
   * With `query`, paths are written with their queries; they are left out by default, because they carry tokens.
   */
  readonly accessLog?: AccessLogTarget | { readonly to: AccessLogTarget; readonly query?: boolean };
  /**
   * Where a page of metrics is served for Prometheus, on a port of its own: docs/reference/metrics.md. Default: nowhere;
   * `mesh.metrics` counts all the same. `host` is loopback by default, since whoever reaches the port reads the page.
   */
  readonly metrics?: ScrapePlace;
}

/** The same, with every default in place. */
export interface ResolvedObserveOptions {
  readonly accessLog: { readonly to: AccessLogTarget; readonly query: boolean } | undefined;
  readonly metrics: ScrapePlace | undefined;
}

type Unread<T> = { readonly [Name in keyof T]?: unknown };

/** @param mistakes takes what is wrong; what is returned is then of no use */
export function readObserveOptions(read: Unread<ObserveOptions>, mistakes: string[]): ResolvedObserveOptions {
  return { accessLog: readAccessLog(read.accessLog, mistakes), metrics: readMetrics(read.metrics, mistakes) };
}

function readAccessLog(given: unknown, mistakes: string[]): ResolvedObserveOptions['accessLog'] {
  if (given === undefined) return undefined;
  const { to, query = false, ...others } = isObject(given) ? given : { to: given };
  for (const name of Object.keys(others)) mistakes.push(`accessLog.${name}: there is no such option`);
  if (typeof query !== 'boolean') mistakes.push('accessLog.query: true or false');
  if (isTarget(to)) return { to, query: query === true };
  mistakes.push("accessLog: a file's path, - for the standard output, or a function that takes lines");
  return undefined;
}

function readMetrics(given: unknown, mistakes: string[]): ScrapePlace | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) {
    mistakes.push('metrics: an object with `port`');
    return undefined;
  }
  const { port, host, names, ...others } = given;
  for (const name of Object.keys(others)) mistakes.push(`metrics.${name}: there is no such option`);
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
  const isHost = host === undefined || (typeof host === 'string' && host !== '');
  const areNames = names === undefined || (Array.isArray(names) && names.every((name) => typeof name === 'string'));
  if (!isPort) mistakes.push('metrics.port: a port, 0 for any free one');
  if (!isHost) mistakes.push('metrics.host: an address of this machine');
  if (!areNames) mistakes.push('metrics.names: a list of names by which readers ask');
  return isPort && isHost && areNames ? { port, host, names } : undefined;
}

function isTarget(value: unknown): value is AccessLogTarget {
  return typeof value === 'function' || (typeof value === 'string' && value !== '' && !value.includes('\0'));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
