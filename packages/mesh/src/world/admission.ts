import {
  CallerPolicies,
  CompiledPolicies,
  policiesInForce,
  type Charter,
  type Decision,
  type Judgement,
  type Peer,
  type Policy,
  type RequestHead,
  type ServiceName,
} from '@themis-mesh/core';
import type { Authorizer } from '@themis-mesh/channel';

/** Who may ask what of this service, by the app's policies and by this process's own: all must allow. */
export class Admission {
  readonly #service: ServiceName;
  readonly #charter: () => Charter;
  #own: Policy | undefined;
  #inForce: InForce | undefined;

  /** @param own one that was read and checked: a policy with holes in it decides nothing */
  constructor(service: ServiceName, charter: () => Charter, own: Policy | undefined) {
    this.#service = service;
    this.#charter = charter;
    this.#own = own;
  }

  /** Undefined: the charter alone says who may. */
  set policy(policy: Policy | undefined) {
    this.#own = policy;
    this.#inForce = undefined;
  }

  /** Whether a peer may connect: refused only where no request of it could be allowed. */
  readonly authorize: Authorizer = (peer) => refusalOf(this.#policiesOf(peer).connection, peer);

  /** Whether a peer may open a raw stream. */
  judgeStream(peer: Peer, port: number | undefined): Decision {
    return this.#policiesOf(peer).stream(port);
  }

  /** As {@link authorize}, for a listener that carries raw streams alone. */
  authorizeStream(peer: Peer, port: number | undefined): ReturnType<Authorizer> {
    return refusalOf(this.judgeStream(peer, port), peer);
  }

  /** What is to become of a request. It is asked for every one, and is in force with the charter and the policy of the moment. */
  judgeRequest(peer: Peer, request: RequestHead): Judgement {
    return this.#policiesOf(peer).request(request);
  }

  #policiesOf(peer: Peer): CallerPolicies {
    const inForce = this.#current();
    let own = inForce.byPeer.get(peer);
    if (own === undefined) inForce.byPeer.set(peer, (own = new CallerPolicies(inForce.all, peer)));
    return own;
  }

  #current(): InForce {
    const charter = this.#charter();
    if (this.#inForce?.charter !== charter) {
      const all = new CompiledPolicies(policiesInForce(charter, this.#service, this.#own));
      this.#inForce = { charter, all, byPeer: new WeakMap() };
    }
    return this.#inForce;
  }
}

/** What was compiled under a charter. What it comes to for a peer is let go of with the peer. */
interface InForce {
  readonly charter: Charter;
  readonly all: CompiledPolicies;
  readonly byPeer: WeakMap<Peer, CallerPolicies>;
}

function refusalOf(decision: Decision, { name, id }: Peer): ReturnType<Authorizer> {
  if (decision.allowed) return undefined;
  return { code: decision.because, detail: `${decision.policy}: ${decision.rule}, the caller is ${name ?? id}` };
}
