import { isIP } from 'node:net';
import { ThemisError } from '@themis-mesh/core';
import { parseTarget } from './target.ts';

/** Which hosts outside the mesh a program may reach through its proxy. */
export type EgressRule =
  { readonly is: 'deny' } | { readonly is: 'allow' } | { readonly is: 'hosts'; readonly hosts: readonly EgressHost[] };

export interface EgressHost {
  /** A host in lower case. */
  readonly host: string;
  /** Whether the hosts below it are meant, and not itself: `*.example.com`. */
  readonly below: boolean;
  /** Undefined: any. */
  readonly port: number | undefined;
}

export const DENY: EgressRule = Object.freeze({ is: 'deny' });

/**
 * @param words `deny`, `allow`, or hosts: `api.example.com`, `*.example.com`, `10.0.0.7:8443`
 * @throws ThemisError THEMIS_CONFIG_INVALID
 */
export function parseEgress(words: readonly string[]): EgressRule {
  const [only] = words;
  if (words.length === 1 && (only === 'deny' || only === 'allow')) return { is: only };
  if (words.length === 0) return DENY;
  if (words.includes('deny') || words.includes('allow')) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', 'egress: deny or allow stands alone, or hosts stand there');
  }
  return { is: 'hosts', hosts: words.map(parseEgressHost) };
}

/** @throws ThemisError THEMIS_CONFIG_INVALID */
export function parseEgressHost(word: string): EgressHost {
  const below = word.startsWith('*.');
  const text = below ? word.slice(2) : word;
  const bare = isIP(text) === 6 ? `[${text}]` : text;
  // Port 0 cannot be dialled: it stands for none here.
  const target = parseTarget(bare) ?? parseTarget(bare, 1);
  if (target?.is !== 'outside' || (below && isIP(target.host) !== 0)) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', `egress: "${word}" is neither deny, allow, HOST, *.HOST nor HOST:PORT`);
  }
  return { host: target.host, below, port: parseTarget(bare) === undefined ? undefined : target.port };
}

export function permits(rule: EgressRule, host: string, port: number): boolean {
  return rule.is === 'allow' || (rule.is === 'hosts' && rule.hosts.some((entry) => matches(entry, host, port)));
}

/**
 * Whether the rule names this very address. Only then is a special one reached: a name that is allowed may lead to it by the
 * will of whoever answers for the name. `localhost` is such a name of this machine alone.
 */
export function namesAddress(rule: EgressRule, host: string, address: string, port: number): boolean {
  if (rule.is !== 'hosts') return false;
  const isLocal = host === 'localhost' && (address === '::1' || address.startsWith('127.'));
  return rule.hosts.some((entry) => !entry.below && matches(entry, isLocal ? host : address, port));
}

function matches(entry: EgressHost, host: string, port: number): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  return entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host;
}
