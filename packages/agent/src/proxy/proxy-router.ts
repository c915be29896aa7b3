import { ThemisError } from '@themis-mesh/core';
import { KIND } from '../http1/field-name.ts';
import type { FieldSection } from '../http1/field-section.ts';
import type { CallerRouter } from '../http1/caller-connection.ts';
import type { MeshRoute } from '../http1/caller-exchange.ts';
import { valueOf } from '../http1/onward.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ProxyCredential } from './credential.ts';
import { parseAbsolute, type Target } from './target.ts';

/** The port of HTTP to a service, which needs no saying. */
export const MESH_HTTP_PORT = 80;

/** Whether a request asks for another protocol (RFC 9110 section 7.8). */
export function asksForUpgrade({ seen, connection }: RequestHead): boolean {
  return (seen & KIND.upgrade) !== 0 && connection.includes('upgrade');
}

/**
 * Where the requests of one connection to the proxy go. Only those to services are routed here; CONNECT, upgrades and hosts
 * outside the mesh go elsewhere, once the credential was shown.
 */
export class ProxyRouter implements CallerRouter {
  readonly forms = 'proxy';
  readonly #credential: ProxyCredential;
  /** What was shown last, and was right. */
  #shown: string | undefined;
  /** `http://` and an authority, and what was found to be meant by it: those who ask name the same again and again. */
  #origin = '';
  #known: Pick<MeshRoute, 'service' | 'host'> | undefined;

  constructor(credential: ProxyCredential) {
    this.#credential = credential;
  }

  route(head: RequestHead): MeshRoute | 'elsewhere' {
    if (!this.#admits(head)) throw new ThemisError('THEMIS_PROXY_CREDENTIAL', 'Proxy-Authorization');
    const { form, target } = head;
    if (form === 'authority' || asksForUpgrade(head)) return 'elsewhere';
    const known = this.#known;
    if (known !== undefined && target.startsWith(this.#origin) && target[this.#origin.length] === '/')
      return { service: known.service, host: known.host, path: target.slice(this.#origin.length) };
    const absolute = form === 'absolute' ? parseAbsolute(target) : undefined;
    if (absolute === undefined)
      throw new ThemisError('THEMIS_REQUEST_REFUSED', 'the target is not http://HOST/PATH with a host that can be reached');
    const { authority, path } = absolute;
    const service = serviceOf(absolute.target);
    if (service === undefined) return 'elsewhere';
    this.#origin = target.slice(0, 'http://'.length + authority.length);
    this.#known = { service, host: authority };
    return { service, host: authority, path };
  }

  /** Looks at what was shown before first: a comparison that took longer the more is right tells nothing to who was right. */
  #admits(head: FieldSection): boolean {
    const { fields } = head;
    const shown = valueOf(head, 'proxy-authorization');
    const isSame = shown !== undefined && shown === this.#shown && countOf(head, 'proxy-authorization') === 1;
    if (isSame) return true;
    if (!this.#credential.admits(fields)) return false;
    this.#shown = shown;
    return true;
  }
}

function serviceOf(target: Target): MeshRoute['service'] | undefined {
  return target.is === 'service' && target.port === MESH_HTTP_PORT ? target.service : undefined;
}

function countOf({ fields }: FieldSection, name: string): number {
  let count = 0;
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) count += 1;
  return count;
}
