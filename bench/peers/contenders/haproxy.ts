import { CLIENT_NAME } from '../ground/certificates.ts';
import { nativePair, type NativePlan, type SideConfig, type SideSetting } from './native-pair.ts';
import type { Contender } from './contender.ts';

/** Both sides of TLS, so that every pair has the same: TLS 1.3, one cipher, one group (the listener's choice), no resumption. */
const TLS = 'ciphersuites TLS_AES_128_GCM_SHA256 ssl-min-ver TLSv1.3 no-tls-tickets';

const HAPROXY: Pick<NativePlan, 'program'> = { program: 'haproxy' };

export const HAPROXY_TCP: Contender = nativePair({
  ...HAPROXY,
  name: 'HAProxy tcp',
  carries: 'tcp',
  notes: ['mode tcp, nbthread 1, one TLS connection for each local one'],
  client: (setting) => config('tcp', `${plainBind(setting)}\n  ${tlsServer(setting)}`),
  server: (setting) => config('tcp', `${tlsBind(setting)}\n  ${plainServer(setting)}`),
});

export const HAPROXY_HTTP: Contender = nativePair({
  ...HAPROXY,
  name: 'HAProxy http',
  carries: 'http',
  notes: [
    'mode http, nbthread 1, HTTP/1.1 between the sides, http-reuse always',
    'the identity header is the common name: HAProxy 2.6 does not read alternative names',
  ],
  client: (setting) => config('http', `${plainBind(setting)}\n  http-reuse always\n  ${tlsServer(setting)}`),
  server: (setting) =>
    config(
      'http',
      `${tlsBind(setting)}
  http-request set-header x-client-identity %[ssl_c_s_dn(cn)]
  http-request deny unless { ssl_c_s_dn(cn) -m str ${CLIENT_NAME} } { path -m beg /open/ }
  http-reuse always
  ${plainServer(setting)}`,
    ),
});

function config(mode: 'tcp' | 'http', body: string): SideConfig {
  const file = `global
  nbthread 1
  maxconn 4000
  tune.ssl.cachesize 0
defaults
  mode ${mode}
  timeout connect 10s
  timeout client 600s
  timeout server 600s
listen pair
  ${body}
`;
  return { file, words: (path) => ['-db', '-f', path] };
}

const plainBind = ({ listen }: SideSetting): string => `bind 127.0.0.1:${listen}`;
const plainServer = ({ target }: SideSetting): string => `server origin 127.0.0.1:${target}`;

function tlsBind({ listen, stage }: SideSetting): string {
  const { authority, server } = stage.certificates;
  return `bind 127.0.0.1:${listen} ssl crt ${server.both} ca-file ${authority} verify required curves X25519 ${TLS}`;
}

function tlsServer({ target, stage }: SideSetting): string {
  const { authority, client } = stage.certificates;
  const verify = `ca-file ${authority} verify required verifyhost localhost sni str(localhost)`;
  return `server far 127.0.0.1:${target} ssl crt ${client.both} ${verify} no-ssl-reuse ${TLS}`;
}
