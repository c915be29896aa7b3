import type { Address, IdentityId } from '@themis-mesh/core';
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  type Answer,
  type AskOptions,
  type Contact,
  type KadClock,
  type KadNetwork,
  type KadNode,
  type Met,
  type Request,
  type WatchRequest,
} from '@themis-mesh/directory-kad';
import { PushedAnswers } from './pushed-answers.ts';

/** What others reach at an address: a node, or somebody who plays one. */
export type Reached = Pick<KadNode, 'handleBytes' | 'serveWatch'>;

export interface MemoryNetworkOptions {
  readonly clock: KadClock;
  /** A number from 0 to below 1, for losses and latencies. */
  readonly chance: () => number;
  /** How long a message takes one way, in milliseconds. Default: it takes no timer at all. */
  readonly latencyMs?: { readonly least: number; readonly most: number };
  /** The part of all messages that are lost. Default 0. */
  readonly loss?: number;
}

interface Place {
  readonly identity: IdentityId;
  readonly reached: Reached;
}

/**
 * A network within a process, with the bytes of the real one: it delays, loses, parts and hangs as it is told, and proves
 * identities as a channel does.
 */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #places = new Map<string, Place>();
  /** Which part of a network that is divided an address is in. */
  readonly #parts = new Map<string, number>();
  readonly #hanging = new Set<string>();
  readonly #pushed = new Map<string, Set<PushedAnswers>>();
  /** How many requests were sent. */
  sent = 0;
  /** How many bytes the requests and answers had. */
  bytes = 0;
  /** Sees each request that is sent. */
  onRequest: (to: Address, request: Request) => void = () => {};

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  attach(identity: IdentityId, address: Address, reached: Reached): void {
    this.#places.set(nameOf(address), { identity, reached });
  }

  /** As when the process is killed: nobody answers there, and what was open ends. */
  detach(address: Address): void {
    const name = nameOf(address);
    this.#places.delete(name);
    for (const pushed of this.#pushed.get(name) ?? []) pushed.end();
    this.#pushed.delete(name);
  }

  /** Whoever asks there waits in vain. */
  hang(address: Address): void {
    this.#hanging.add(nameOf(address));
  }

  /** Divides it: messages go on within a part only. Who is in no list is in the first part. */
  part(...parts: readonly (readonly Address[])[]): void {
    this.#parts.clear();
    for (const [part, addresses] of parts.entries()) for (const address of addresses) this.#parts.set(nameOf(address), part);
  }

  heal(): void {
    this.#parts.clear();
  }

  /** The network as one process has it. @param own where it is reached; decides which part of a divided network it is in */
  of(identity: IdentityId, own?: Address): KadNetwork {
    return {
      ask: async (to, request, options) => (await this.#ask(to.address, { identity, own }, request, options, to.identity)).answer,
      meet: (address, request, options) => this.#ask(address, { identity, own }, request, options),
      watch: (to, request, signal) => this.#watch(to, { identity, own }, request, signal),
    };
  }

  #ask(to: Address, from: From, request: Request, { timeoutMs, signal }: AskOptions, wanted?: IdentityId): Promise<Met> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        reject(new Error(`${nameOf(to)}: ${why}`));
      };
      const onAbort = (): void => fail('called off');
      const cancel = this.#options.clock.after(timeoutMs, () => fail('timeout'));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#exchange(to, from, request, wanted).then(
        (met) => {
          // Undefined: lost, and only the time tells.
          if (met === undefined) return;
          cancel();
          signal?.removeEventListener('abort', onAbort);
          resolve(met);
        },
        (error: unknown) => fail(error instanceof Error ? error.message : 'failed'),
      );
    });
  }

  /** @returns undefined where the request or the answer is lost */
  async #exchange(to: Address, from: From, request: Request, wanted: IdentityId | undefined): Promise<Met | undefined> {
    this.sent += 1;
    this.onRequest(to, request);
    const bytes = encodeRequest(request);
    this.bytes += bytes.length;
    if (!(await this.#carry(to, from))) return undefined;
    const there = this.#places.get(nameOf(to));
    if (there === undefined) throw new Error('nobody is there');
    if (wanted !== undefined && there.identity !== wanted) throw new Error('another identity is there');
    const reply = there.reached.handleBytes(from.identity, bytes);
    this.bytes += reply.length;
    if (!(await this.#carry(to, from))) return undefined;
    const answer = decodeAnswer(reply);
    if (!answer.ok) throw new Error(answer.refusal.detail);
    return { identity: there.identity, answer: answer.value };
  }

  async *#watch(to: Contact, from: From, request: WatchRequest, signal: AbortSignal): AsyncGenerator<Answer, void, void> {
    if (!(await this.#carry(to.address, from))) throw new Error('lost');
    const there = this.#places.get(nameOf(to.address));
    if (there === undefined || there.identity !== to.identity) throw new Error('nobody is there');
    const carried = decodeRequest(encodeRequest(request));
    if (!carried.ok || carried.value.kind !== 'watch') throw new Error('no watch');
    const pushed = new PushedAnswers();
    const { answer, stop } = there.reached.serveWatch(
      from.identity,
      carried.value,
      (change) => void this.#push(to.address, from, pushed, change),
      () => pushed.end(),
    );
    const all = this.#pushed.get(nameOf(to.address)) ?? new Set();
    this.#pushed.set(nameOf(to.address), all.add(pushed));
    const end = (): void => pushed.end();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      yield carriedAnswer(answer);
      if (stop !== undefined) yield* pushed;
    } finally {
      signal.removeEventListener('abort', end);
      all.delete(pushed);
      stop?.();
    }
  }

  async #push(to: Address, from: From, pushed: PushedAnswers, change: Answer): Promise<void> {
    // A connection loses nothing: what is lost on the way is sent again, or the connection ends.
    if (await this.#carry(to, from)) pushed.push(carriedAnswer(change));
    else pushed.end();
  }

  /** @returns whether the message arrives */
  async #carry(to: Address, from: From): Promise<boolean> {
    const { clock, chance, latencyMs, loss = 0 } = this.#options;
    const isParted = this.#partOf(to) !== this.#partOf(from.own) || this.#hanging.has(nameOf(to));
    if (isParted || (loss > 0 && chance() < loss)) return false;
    if (latencyMs !== undefined) {
      const { least, most } = latencyMs;
      await new Promise<void>((resolve) => void clock.after(least + (most - least) * chance(), resolve));
    }
    return true;
  }

  #partOf(address: Address | undefined): number {
    return address === undefined ? 0 : (this.#parts.get(nameOf(address)) ?? 0);
  }
}

interface From {
  readonly identity: IdentityId;
  readonly own: Address | undefined;
}

function carriedAnswer(answer: Answer): Answer {
  const carried = decodeAnswer(encodeAnswer(answer));
  if (!carried.ok) throw new Error(carried.refusal.detail);
  return carried.value;
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
