import { nativePair, type SideConfig } from './native-pair.ts';
import type { Contender } from './contender.ts';

export const GHOSTUNNEL: Contender = nativePair({
  name: 'ghostunnel',
  program: 'ghostunnel',
  carries: 'tcp',
  notes: [
    'GOMAXPROCS=1',
    "the cipher is Go's choice, which is AES-128-GCM where the processor has AES; Go's clients resume nothing",
  ],
  client: ({ listen, target, stage: { certificates } }) =>
    config('client', listen, target, certificates.authority, certificates.client, ['--override-server-name', 'localhost']),
  server: ({ listen, target, stage: { certificates } }) =>
    config('server', listen, target, certificates.authority, certificates.server, ['--allow-cn', 'client']),
});

function config(
  side: 'client' | 'server',
  listen: number,
  target: number,
  authority: string,
  own: { readonly certificate: string; readonly key: string },
  more: readonly string[],
): SideConfig {
  const addresses = ['--listen', `127.0.0.1:${listen}`, '--target', `127.0.0.1:${target}`];
  const credentials = ['--cert', own.certificate, '--key', own.key, '--cacert', authority];
  return {
    words: () => [side, ...addresses, ...credentials, ...more, '--quiet', 'all'],
    // Without the hybrid group, which the others do not have.
    env: { GOMAXPROCS: '1', GODEBUG: 'tlsmlkem=0' },
  };
}
