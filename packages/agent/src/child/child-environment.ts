import type { ServiceName } from '@themis-mesh/core';

/**
 * Names under which programs look for a proxy. Windows knows no case in names; elsewhere both are read, by different
 * programs.
 */
const PROXY_NAMES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'] as const;

/** What would lead past the proxy. */
const LEADS_PAST: ReadonlySet<string> = new Set([...PROXY_NAMES, 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy']);

/** A sidecar's business alone. */
const KEPT_BACK: ReadonlySet<string> = new Set(['THEMIS_PASSPHRASE_FILE']);

const NOT_BY_PROXY = '127.0.0.1,localhost,::1';

/**
 * The environment of a program behind a sidecar.
 *
 * `NODE_USE_ENV_PROXY` has Node's own `fetch` and `http` heed the rest; curl reads the lower-case names only. HTTPS goes
 * through the proxy too, so that the egress rule holds for it.
 *
 * @param proxy the address of the proxy with its credential; undefined for none
 */
export function childEnvironment(base: NodeJS.ProcessEnv, service: ServiceName, proxy: string | undefined): NodeJS.ProcessEnv {
  const shared = Object.entries(base).filter(([name]) => !KEPT_BACK.has(name));
  if (proxy === undefined) return { ...Object.fromEntries(shared), THEMIS_SERVICE: service };
  return {
    ...Object.fromEntries(shared.filter(([name]) => !LEADS_PAST.has(name))),
    ...Object.fromEntries(PROXY_NAMES.map((name) => [name, proxy])),
    NO_PROXY: NOT_BY_PROXY,
    no_proxy: NOT_BY_PROXY,
    NODE_USE_ENV_PROXY: '1',
    THEMIS_PROXY: proxy,
    THEMIS_SERVICE: service,
  };
}
