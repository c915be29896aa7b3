import { decide, MEMBERS, type Charter, type NamedPolicy, type Policy, type ServiceName } from '@themis-mesh/core';
import type { Authorizer } from '@themis-mesh/channel';

/** Who may connect to this service, by the app's policies and by this process's own: all must allow. */
export class Admission {
  readonly #service: ServiceName;
  readonly #charter: () => Charter;
  #own: Policy | undefined;

  /** @param own one that was read and checked: a policy with holes in it decides nothing */
  constructor(service: ServiceName, charter: () => Charter, own: Policy | undefined) {
    this.#service = service;
    this.#charter = charter;
    this.#own = own;
  }

  set policy(policy: Policy) {
    this.#own = policy;
  }

  readonly authorize: Authorizer = (peer) => {
    const decision = decide({ name: peer.name }, this.#policies());
    if (decision.allowed) return undefined;
    return { code: decision.because, detail: `${decision.rule}, the caller is ${peer.name ?? peer.id}` };
  };

  #policies(): readonly NamedPolicy[] {
    const named = this.#charter()
      .policiesFor(this.#service)
      .map(({ name, policy }) => ({ name: `charter policy ${name}`, policy }));
    const all = this.#own === undefined ? named : [...named, { name: `policy of ${this.#service}`, policy: this.#own }];
    return all.length > 0 ? all : [{ name: 'default policy', policy: MEMBERS }];
  }
}
