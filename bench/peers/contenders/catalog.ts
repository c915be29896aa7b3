import type { NodeRelease } from '../node-releases.ts';
import type { Contender } from './contender.ts';
import { DIRECT } from './direct.ts';
import { ENVOY_HTTP, ENVOY_HTTP_OVER_H2, ENVOY_TCP } from './envoy.ts';
import { GHOSTUNNEL } from './ghostunnel.ts';
import { HAPROXY_HTTP, HAPROXY_TCP } from './haproxy.ts';
import { NGINX_HTTP, NGINX_TCP } from './nginx.ts';
import { STUNNEL } from './stunnel.ts';
import { themisPair } from './themis.ts';

const NATIVE_TCP: readonly Contender[] = [HAPROXY_TCP, NGINX_TCP, STUNNEL, GHOSTUNNEL, ENVOY_TCP];
const NATIVE_HTTP: readonly Contender[] = [HAPROXY_HTTP, NGINX_HTTP, ENVOY_HTTP, ENVOY_HTTP_OVER_H2];

/** Everybody who runs, in the order of the tables. */
export function contendersWith(nodes: readonly NodeRelease[]): readonly Contender[] {
  const ours = (['tcp', 'http'] as const).map((carries) => nodes.map((node) => themisPair(carries, node)));
  const [tcp = [], http = []] = ours;
  return [DIRECT, ...tcp, ...NATIVE_TCP, ...http, ...NATIVE_HTTP];
}
