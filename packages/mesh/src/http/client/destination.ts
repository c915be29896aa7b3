import type { TargetName } from '@themis-mesh/core';
import { requireServiceName } from '../../find/mesh-name.ts';

/** Where a URL leads in a mesh. */
export interface Destination {
  readonly service: TargetName;
  /** The `host` field: as the URL has it, with its port. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** The URL without its fragment. */
  readonly href: string;
}

/** URLs that were read lately. Programs call the same few again and again, and to read one costs a tenth of a call. */
const KNOWN = new Map<string, Destination>();
const MOST_KNOWN = 256;
const LONGEST_KNOWN = 256;

/** @throws TypeError for what is no URL that is spoken here; ThemisError `THEMIS_NAME_INVALID` */
export function destinationOf(url: URL): Destination {
  const { protocol, hostname, host, pathname, search, href, hash } = url;
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError(`fetch failed: ${protocol} is not spoken in a mesh`);
  const service = requireServiceName(hostname);
  return { service, host, path: pathname + search, href: href.slice(0, href.length - hash.length) };
}

/** The same for a text, remembered. @returns undefined for a URL that says who asks, which `fetch` refuses */
export function destinationOfText(text: string): Destination | undefined {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  const destination = destinationOf(url);
  if (text.length > LONGEST_KNOWN) return destination;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, destination);
  return destination;
}
