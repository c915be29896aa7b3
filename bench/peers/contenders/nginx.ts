import { dirname, join } from 'node:path';
import { CLIENT_NAME } from '../ground/certificates.ts';
import { nginxFile, nginxHttp } from '../ground/origin.ts';
import { pathOf } from '../install/programs.ts';
import { nativePair, type SideConfig, type SideSetting } from './native-pair.ts';
import type { Contender } from './contender.ts';

export const NGINX_TCP: Contender = nativePair({
  name: 'nginx stream',
  program: 'nginx',
  carries: 'tcp',
  notes: ['worker_processes 1, one TLS connection for each local one'],
  client: (setting) => stream(setting, `listen 127.0.0.1:${setting.listen} backlog=4096; ${tlsUpstream(setting)}`),
  server: (setting) => stream(setting, tlsListener(setting)),
});

export const NGINX_HTTP: Contender = nativePair({
  name: 'nginx http',
  program: 'nginx',
  carries: 'http',
  notes: [
    'worker_processes 1, HTTP/1.1 between the sides, 256 idle connections kept',
    'the identity header is the subject: nginx does not read alternative names',
  ],
  client: (setting) =>
    http(
      setting,
      '',
      `listen 127.0.0.1:${setting.listen} backlog=4096;
      location / { ${tlsUpstream(setting, 'https://far')} ${KEPT} proxy_set_header host $http_host; }`,
    ),
  server: (setting) =>
    http(
      setting,
      `map $ssl_client_s_dn $is_stranger { default 1; "CN=${CLIENT_NAME}" 0; }`,
      `${tlsListener(setting, '')}
      location /open/ {
        if ($is_stranger) { return 403; }
        proxy_pass http://far;
        ${KEPT}
        proxy_set_header host $http_host;
        proxy_set_header x-client-identity $ssl_client_s_dn;
      }
      location / { return 403; }`,
    ),
});

const KEPT = 'proxy_http_version 1.1; proxy_set_header connection "";';

function stream(setting: SideSetting, server: string): SideConfig {
  // Debian has it as a module, beside the program; elsewhere it is built in.
  const module = join(dirname(pathOf(setting.stage.programs, 'nginx').path), '../lib/nginx/modules/ngx_stream_module.so');
  return config(setting, nginxFile(setting.folder, `stream { tcp_nodelay on; server { ${server} } }`, `load_module ${module};`));
}

function http(setting: SideSetting, head: string, server: string): SideConfig {
  const far = `upstream far { server 127.0.0.1:${setting.target}; keepalive 256; keepalive_requests 100000000; }`;
  return config(setting, nginxFile(setting.folder, nginxHttp(setting.folder, `${head} ${far} server { ${server} }`)));
}

function config({ folder }: SideSetting, file: string): SideConfig {
  return { file, words: (path) => ['-p', folder, '-c', path, '-e', 'stderr'] };
}

function tlsListener({ listen, target, stage }: SideSetting, pass = `proxy_pass 127.0.0.1:${target};`): string {
  const { authority, server } = stage.certificates;
  return `listen 127.0.0.1:${listen} ssl backlog=4096;
      ssl_certificate ${server.certificate}; ssl_certificate_key ${server.key};
      ssl_client_certificate ${authority}; ssl_verify_client on;
      ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_ecdh_curve X25519;
      ssl_session_tickets off; ssl_session_cache off;
      ${pass}`;
}

function tlsUpstream({ target, stage }: SideSetting, pass = `127.0.0.1:${target}`): string {
  const { authority, client } = stage.certificates;
  const isHttp = pass.startsWith('https:');
  return `proxy_pass ${pass}; ${isHttp ? '' : 'proxy_ssl on;'}
      proxy_ssl_certificate ${client.certificate}; proxy_ssl_certificate_key ${client.key};
      proxy_ssl_trusted_certificate ${authority}; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
      proxy_ssl_session_reuse off;`;
}
