import { CLIENT_URI, type KeyPair } from '../ground/certificates.ts';
import { nativePair, type SideConfig, type SideSetting } from './native-pair.ts';
import type { Contender } from './contender.ts';

const NOTES = ['--concurrency 1', 'the cipher is BoringSSL’s choice, which is AES-128-GCM where the processor has AES'];

export const ENVOY_TCP: Contender = nativePair({
  name: 'Envoy tcp_proxy',
  program: 'envoy',
  carries: 'tcp',
  notes: NOTES,
  client: (setting) => bootstrap(setting, [tcpProxy()], undefined, cluster(setting, { transport_socket: upstreamTls(setting) })),
  server: (setting) => bootstrap(setting, [tcpProxy()], downstreamTls(setting), cluster(setting)),
});

export const ENVOY_HTTP: Contender = envoyHttp('Envoy http', 'HTTP/1.1');
export const ENVOY_HTTP_OVER_H2: Contender = envoyHttp('Envoy http over h2', 'HTTP/2');

function envoyHttp(name: string, between: 'HTTP/1.1' | 'HTTP/2'): Contender {
  return nativePair({
    name,
    program: 'envoy',
    carries: 'http',
    notes: [...NOTES, `${between} between the sides`, 'x-forwarded-client-cert set, RBAC by URI name and path, no request IDs'],
    client: (setting) =>
      bootstrap(
        setting,
        [httpManager({ http_filters: [router()] })],
        undefined,
        cluster(setting, {
          transport_socket: upstreamTls(setting, between === 'HTTP/2' ? ['h2'] : []),
          ...(between === 'HTTP/2' ? HTTP2_UPSTREAM : {}),
        }),
      ),
    server: (setting) =>
      bootstrap(
        setting,
        [
          httpManager({
            http_filters: [rbac(), router()],
            forward_client_cert_details: 'SANITIZE_SET',
            set_current_client_cert_details: { uri: true },
          }),
        ],
        downstreamTls(setting, between === 'HTTP/2' ? ['h2'] : []),
        cluster(setting),
      ),
  });
}

type Json = Readonly<Record<string, unknown>>;

function bootstrap({ listen }: SideSetting, filters: readonly Json[], transportSocket: Json | undefined, far: Json): SideConfig {
  const socketAddress = { address: '127.0.0.1', port_value: listen };
  const chain = { filters, ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }) };
  const listener = { name: 'in', address: { socket_address: socketAddress }, filter_chains: [chain] };
  const file = JSON.stringify({ static_resources: { listeners: [listener], clusters: [far] } }, undefined, 1);
  const quiet = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  return { file, words: () => [...quiet, '--config-yaml', file] };
}

function cluster({ target }: SideSetting, more: Json = {}): Json {
  const address = { socket_address: { address: '127.0.0.1', port_value: target } };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  const most = { max_connections: 4096, max_pending_requests: 4096, max_requests: 4096 };
  return {
    name: 'far',
    type: 'STATIC',
    connect_timeout: '10s',
    load_assignment: { cluster_name: 'far', endpoints },
    circuit_breakers: { thresholds: [most] },
    ...more,
  };
}

const HTTP2_UPSTREAM: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

function tcpProxy(): Json {
  return named('envoy.filters.network.tcp_proxy', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    stat_prefix: 'tcp',
    cluster: 'far',
    idle_timeout: '600s',
  });
}

function httpManager(more: Json): Json {
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  return named('envoy.filters.network.http_connection_manager', type, {
    stat_prefix: 'http',
    generate_request_id: false,
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'far' } }] }],
    },
    ...more,
  });
}

function router(): Json {
  return named('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', { suppress_envoy_headers: true });
}

function rbac(): Json {
  const policy = {
    permissions: [{ url_path: { path: { prefix: '/open/' } } }],
    principals: [{ authenticated: { principal_name: { exact: CLIENT_URI } } }],
  };
  return named('envoy.filters.http.rbac', 'envoy.extensions.filters.http.rbac.v3.RBAC', {
    rules: { action: 'ALLOW', policies: { open: policy } },
  });
}

const TLS_TYPE = 'envoy.extensions.transport_sockets.tls.v3';

function downstreamTls({ stage }: SideSetting, alpn: readonly string[] = []): Json {
  const { authority, server } = stage.certificates;
  return named('envoy.transport_sockets.tls', `${TLS_TYPE}.DownstreamTlsContext`, {
    common_tls_context: commonTls(server, authority, alpn),
    require_client_certificate: true,
    disable_stateless_session_resumption: true,
    disable_stateful_session_resumption: true,
  });
}

function upstreamTls({ stage }: SideSetting, alpn: readonly string[] = []): Json {
  const { authority, client } = stage.certificates;
  const names = { match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'localhost' } }] };
  return named('envoy.transport_sockets.tls', `${TLS_TYPE}.UpstreamTlsContext`, {
    common_tls_context: commonTls(client, authority, alpn, names),
    sni: 'localhost',
    max_session_keys: 0,
  });
}

function commonTls(own: KeyPair, authority: string, alpn: readonly string[], names: Json = {}): Json {
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3', ecdh_curves: ['X25519'] },
    tls_certificates: [{ certificate_chain: { filename: own.certificate }, private_key: { filename: own.key } }],
    validation_context: { trusted_ca: { filename: authority }, ...names },
    ...(alpn.length === 0 ? {} : { alpn_protocols: alpn }),
  };
}

function named(name: string, type: string, config: Json): Json {
  return { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } };
}
