import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { valuesOf, type Fields } from '../http/fields.ts';

const USER = 'themis';

/**
 * What a program must show to the proxy of its sidecar: made anew at each start, held in memory and in that program's
 * environment.
 */
export class ProxyCredential {
  readonly #token = randomBytes(32).toString('base64url');

  /** The address of a proxy on loopback, with the credential: for the program's environment, and nothing else. */
  url(port: number): string {
    return `http://${USER}:${this.#token}@127.0.0.1:${port}`;
  }

  /** Whether a request shows it, by Basic authentication (RFC 7617). */
  admits(fields: Fields): boolean {
    const [shown, ...others] = valuesOf(fields, 'proxy-authorization');
    if (shown === undefined || others.length > 0) return false;
    const match = /^basic +([A-Za-z0-9+/=_-]{1,200}) *$/i.exec(shown);
    const wanted = Buffer.from(`${USER}:${this.#token}`).toString('base64');
    return isSame(match?.[1] ?? '', wanted) && match !== null;
  }
}

/** Digests have one length, and how much of a guess was right does not show in the time. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
