import { nativePair, type SideConfig } from './native-pair.ts';
import type { Contender } from './contender.ts';

export const STUNNEL: Contender = nativePair({
  name: 'stunnel',
  program: 'stunnel4',
  carries: 'tcp',
  notes: ['a thread for each connection: it has no other way, and may use both cores for one side'],
  client: ({ listen, target, stage: { certificates } }) =>
    config(`client = yes
accept = 127.0.0.1:${listen}
connect = 127.0.0.1:${target}
cert = ${certificates.client.certificate}
key = ${certificates.client.key}
CAfile = ${certificates.authority}
sni = localhost
checkHost = localhost`),
  server: ({ listen, target, stage: { certificates } }) =>
    config(`accept = 127.0.0.1:${listen}
connect = 127.0.0.1:${target}
cert = ${certificates.server.certificate}
key = ${certificates.server.key}
CAfile = ${certificates.authority}
requireCert = yes`),
});

function config(side: string): SideConfig {
  const file = `foreground = yes
syslog = no
debug = 3
pid =
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[pair]
${side}
verifyChain = yes
sslVersionMin = TLSv1.3
ciphersuites = TLS_AES_128_GCM_SHA256
curves = X25519
options = NO_TICKET
sessionResume = no
libwrap = no
`;
  return { file, words: (path) => [path] };
}
