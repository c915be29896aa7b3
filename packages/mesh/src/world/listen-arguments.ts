import type { ListenOptions } from 'node:net';
import { ThemisError } from '@themis-mesh/core';

export interface ListenArguments {
  readonly port: number;
  readonly host: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onListening: (() => void) | undefined;
}

/** The arguments of `listen`, in the forms of `node:net` that name a port. @throws ThemisError `THEMIS_CONFIG_INVALID` */
export function readListenArguments(args: readonly unknown[]): ListenArguments {
  const last = args.at(-1);
  const onListening = typeof last === 'function' ? (last as () => void) : undefined;
  const [first, second] = args;
  const options: ListenOptions = typeof first === 'object' && first !== null ? first : {};
  const wanted = typeof first === 'number' || typeof first === 'string' ? first : (options.port ?? 0);
  const port = Number(wanted);
  const host = options.host ?? (typeof second === 'string' ? second : undefined);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 && wanted !== '';
  if (options.path !== undefined || 'fd' in options || 'handle' in options || !isPort) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', `a mesh server listens on a port, 0 to 65535: ${String(wanted)}`);
  }
  return { port, host, signal: options.signal, onListening };
}
