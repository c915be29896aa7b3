import type { Address, IdentityId } from '@themis-mesh/core';
import type { Answer, Contact } from '@themis-mesh/directory-kad';

/** What one find asked, and how far it had to go: whom the finder knew is one hop away, whom that one told of is two. */
export class Trace {
  readonly #hops = new Map<IdentityId, number>();
  /** Requests sent. */
  requests = 0;
  /** Of the answer that came last: when the find ends, of the one that ended it. */
  hops = 0;

  asked(to: Pick<Contact, 'identity'> & { readonly address: Address }): void {
    this.requests += 1;
    if (!this.#hops.has(to.identity)) this.#hops.set(to.identity, 1);
  }

  answered(from: IdentityId, { closer }: Answer): void {
    this.hops = this.#hops.get(from) ?? 1;
    for (const { identity } of closer) if (!this.#hops.has(identity)) this.#hops.set(identity, this.hops + 1);
  }
}
