import { ThemisError } from '@themis-mesh/core';

/** Why a port could not be listened on. */
export function portError(error: NodeJS.ErrnoException, host: string, port: number): ThemisError {
  if (ThemisError.is(error)) return error;
  const code = error.code === 'EADDRINUSE' ? 'THEMIS_PORT_IN_USE' : 'THEMIS_CONFIG_INVALID';
  return new ThemisError(code, `cannot listen on ${host}:${port}: ${error.code ?? error.message}`, { cause: error });
}
