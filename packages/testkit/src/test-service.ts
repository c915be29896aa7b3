import {
  incept,
  MemorySigner,
  mintIdentityCertificate,
  rotate,
  ServiceName,
  type History,
  type IdentityId,
  type Member,
} from '@themis-mesh/core';

/** A service with everything that it has: its keys of both kinds, and its history. */
export class TestService {
  readonly name: ServiceName;
  #signer: MemorySigner;
  #recovery: MemorySigner;
  #history: History;

  private constructor(name: ServiceName, signer: MemorySigner, recovery: MemorySigner, history: History) {
    this.name = name;
    this.#signer = signer;
    this.#recovery = recovery;
    this.#history = history;
  }

  /** A new identity. That an app names it is another matter. @param now seconds since 1970 */
  static async create(name: string, now: number): Promise<TestService> {
    const parsed = ServiceName.parse(name);
    if (parsed === undefined) throw new TypeError(`${name} is no name of a service`);
    const signer = MemorySigner.generate();
    const recovery = MemorySigner.generate();
    const history = await incept({ operational: alone(signer), recovery: alone(recovery), now });
    return new TestService(parsed, signer, recovery, history);
  }

  get id(): IdentityId {
    return this.#history.id;
  }

  /** The operational signer of today. */
  get signer(): MemorySigner {
    return this.#signer;
  }

  get history(): History {
    return this.#history;
  }

  /** Its entry in a charter, which asks for the history as it is now. */
  get member(): Member {
    return { name: this.name, id: this.id, min: this.#history.point };
  }

  /** Its identity certificate, in DER. */
  identityCertificate(): Promise<Uint8Array> {
    return mintIdentityCertificate({ history: this.#history, signer: this.#signer });
  }

  /** Gives it new keys. @param grace seconds for which leaves under the keys before stay good */
  async rotate(now: number, grace: number): Promise<void> {
    const signer = MemorySigner.generate();
    const recovery = MemorySigner.generate();
    const plan = { revealed: [this.#recovery], operational: alone(signer), recovery: alone(recovery), grace, now };
    this.#history = await rotate(this.#history, plan);
    this.#signer = signer;
    this.#recovery = recovery;
  }
}

function alone(signer: MemorySigner): { signers: readonly MemorySigner[]; threshold: number } {
  return { signers: [signer], threshold: 1 };
}
