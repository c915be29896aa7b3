import {
  EMPTY_CHARTER,
  foundApp,
  incept,
  MemorySigner,
  nextCharter,
  signMembership,
  Trust,
  type AppState,
  type CharterContents,
  type History,
  type IdentityId,
  type TrustOptions,
} from '@themis-mesh/core';
import { systemClock, type Clock } from '@themis-mesh/channel';
import { MemoryHistories } from './memory-histories.ts';
import { makeLeaf, type TestLeaf } from './test-leaf.ts';
import { TestService } from './test-service.ts';

export interface LeafWish {
  readonly instance?: string;
  /** Seconds. Default 3600. */
  readonly ttl?: number;
  /** When it is made, in seconds since 1970. Default: now. */
  readonly now?: number;
  /** Whether it carries the owner's membership. Default true for those whom the charter names. */
  readonly membership?: boolean;
}

/** An app, its owner's keys and its services. */
export class TestApp {
  readonly owner: MemorySigner;
  readonly #clock: Clock;
  readonly #services = new Map<string, TestService>();
  #state: AppState;

  private constructor(owner: MemorySigner, clock: Clock, state: AppState) {
    this.owner = owner;
    this.#clock = clock;
    this.#state = state;
  }

  /** An app with a service of each name. */
  static async found(names: readonly string[], clock: Clock = systemClock): Promise<TestApp> {
    const owner = MemorySigner.generate();
    const now = secondsOf(clock);
    const operational = { signers: [owner], threshold: 1 };
    const history = await incept({ operational, recovery: { signers: [MemorySigner.generate()], threshold: 1 }, now });
    const services = await Promise.all(names.map((name) => TestService.create(name, now)));
    const members = services.map((service) => service.member);
    const app = new TestApp(owner, clock, await foundApp(history, [owner], { ...EMPTY_CHARTER, members }, { now }));
    for (const service of services) app.#services.set(service.name, service);
    return app;
  }

  get history(): History {
    return this.#state.history;
  }

  get id(): IdentityId {
    return this.#state.history.id;
  }

  /** The newest history and charter. */
  get state(): AppState {
    return this.#state;
  }

  /** @throws TypeError where no service of that name was ever admitted */
  service(name: string): TestService {
    const service = this.#services.get(name);
    if (service === undefined) throw new TypeError(`the app has no service ${name}`);
    return service;
  }

  /** Signs the next charter. Who holds the one before learns of it by `trust.takeApp(app.state)`. */
  async revise(change: (contents: CharterContents) => Partial<CharterContents>): Promise<AppState> {
    const { members, removed, admitters, timekeepers, imports, policies } = this.#state.charter.claims;
    const contents = { members, removed, admitters, timekeepers, imports, policies };
    const next = { ...contents, ...change(contents) };
    this.#state = await nextCharter(this.#state, this.history, [this.owner], next, { now: secondsOf(this.#clock) });
    return this.#state;
  }

  async admit(name: string): Promise<TestService> {
    const service = await TestService.create(name, secondsOf(this.#clock));
    await this.revise(({ members }) => ({ members: [...members, service.member] }));
    this.#services.set(name, service);
    return service;
  }

  async remove(name: string): Promise<AppState> {
    const { id } = this.service(name);
    const until = secondsOf(this.#clock) + 86_400;
    return this.revise(({ members, removed }) => ({
      members: members.filter((member) => member.id !== id),
      removed: [...removed, { id, until }],
    }));
  }

  /** A verifier of its own, with an empty memory, that holds the newest charter. */
  trust(options: Partial<TrustOptions> = {}): Trust {
    return new Trust({ app: this.#state, seen: new MemoryHistories(), ...options });
  }

  /** A leaf of a service, with a new key. */
  async leaf(of: string | TestService, wish: LeafWish = {}): Promise<TestLeaf> {
    const service = typeof of === 'string' ? this.service(of) : of;
    const { instance = 'i1', ttl = 3600, now = secondsOf(this.#clock) } = wish;
    const { membership = this.#state.charter.memberById(service.id) !== undefined } = wish;
    const { history, signer } = service;
    return makeLeaf({
      history,
      signer,
      identity: await service.identityCertificate(),
      instance,
      membership: membership ? await this.membership(service, now, now + Math.max(ttl, 86_400)) : undefined,
      now,
      ttl,
    });
  }

  /** The owner's word, as of the newest charter, that a service is a member: the wire form. @param exp seconds since 1970 */
  async membership(service: TestService, iat: number, exp: number): Promise<Uint8Array> {
    const member = this.#state.charter.memberById(service.id) ?? service.member;
    const claims = { app: this.id, charter: this.#state.charter.sequence, member, iat, exp };
    return (await signMembership(claims, [this.owner])).bytes;
  }
}

function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
