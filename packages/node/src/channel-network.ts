import { ThemisError, type Address, type IdentityId } from '@themis-mesh/core';
import type { Clock, Tunnel } from '@themis-mesh/channel';
import {
  decodeAnswer,
  encodeRequest,
  type Answer,
  type AskOptions,
  type Contact,
  type KadNetwork,
  type Met,
  type Request,
  type WatchRequest,
} from '@themis-mesh/directory-kad';
import { AnswerQueue } from './answer-queue.ts';
import { KAD_TARGET, KadStream } from './kad-stream.ts';
import type { NodeTunnels } from './node-tunnels.ts';

/** How nodes reach each other: one stream for each request, on tunnels that stay. */
export class ChannelNetwork implements KadNetwork {
  readonly #tunnels: NodeTunnels;
  readonly #clock: Clock;

  constructor(tunnels: NodeTunnels, clock: Clock) {
    this.#tunnels = tunnels;
    this.#clock = clock;
  }

  ask({ identity, address }: Contact, request: Request, options: AskOptions): Promise<Answer> {
    return this.#within(address, options, (signal) => {
      const tunnel = this.#tunnels.to(identity, address);
      // At once where it is open: most requests are, and a lookup is many of them.
      if (!(tunnel instanceof Promise)) return this.#exchange(tunnel, request, signal);
      return tunnel.then((opened) => this.#exchange(opened, request, signal));
    });
  }

  meet(address: Address, request: Request, options: AskOptions): Promise<Met> {
    return this.#within(address, options, async (signal) => {
      const tunnel = await this.#tunnels.meet(address);
      const identity: IdentityId = tunnel.channel.peer.id;
      return { identity, answer: await this.#exchange(tunnel, request, signal) };
    });
  }

  async *watch({ identity, address }: Contact, request: WatchRequest, signal: AbortSignal): AsyncGenerator<Answer, void, void> {
    const tunnel = await this.#tunnels.to(identity, address);
    signal.throwIfAborted();
    const queue = new AnswerQueue();
    const stream = open(tunnel, request, {
      onMessage: (bytes) => {
        const answer = decodeAnswer(bytes);
        if (answer.ok) queue.push(answer.value);
        else queue.end(malformed(tunnel, answer.refusal.detail));
      },
      onOver: (why) => queue.end(why === undefined ? undefined : lost(tunnel, why)),
    });
    const stop = (): void => queue.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      yield* queue;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.reset('cancelled');
    }
  }

  /** One request, and its one answer. */
  #exchange(tunnel: Tunnel, request: Request, ending: Ending): Promise<Answer> {
    const { socket } = tunnel.channel;
    const heard = socket.bytesRead;
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const stream = open(tunnel, request, {
        onMessage: (bytes) => {
          isAnswered = true;
          const answer = decodeAnswer(bytes);
          if (answer.ok) resolve(answer.value);
          else reject(malformed(tunnel, answer.refusal.detail));
        },
        onOver: (why) => {
          if (!isAnswered) reject(lost(tunnel, why ?? 'an end without an answer'));
        },
      });
      ending.onEnd = (isLate) => {
        stream.reset('cancelled');
        if (isLate && socket.bytesRead === heard) this.#tunnels.giveUp(tunnel);
      };
    });
  }

  /** Runs something that ends by a signal: that of the caller, or when the time is over. */
  #within<T>({ host, port }: Address, { timeoutMs, signal }: AskOptions, run: (signal: Ending) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ending = new Ending();
      const over = (): void => {
        callOff();
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown, isLate = false): void => {
        over();
        ending.end(isLate);
        // A signal's reason may be anything.
        reject(error instanceof Error ? error : new ThemisError('THEMIS_ABORTED', `node at ${host}:${port}`, { cause: error }));
      };
      const onAbort = (): void => fail(signal?.reason);
      const late = (): void =>
        fail(new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${host}:${port}: no answer in ${timeoutMs} ms`), true);
      const callOff = this.#clock.after(timeoutMs, late);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      run(ending).then(
        (value) => {
          over();
          resolve(value);
        },
        (error: unknown) => fail(error),
      );
    });
  }
}

/** Lets whoever waits no more end what it asked for. */
class Ending {
  #onEnd: ((isLate: boolean) => void) | undefined;
  #ended: { readonly isLate: boolean } | undefined;

  /** @param end hears whether the time was over */
  set onEnd(end: (isLate: boolean) => void) {
    this.#onEnd = end;
    if (this.#ended !== undefined) end(this.#ended.isLate);
  }

  end(isLate: boolean): void {
    this.#ended = { isLate };
    this.#onEnd?.(isLate);
  }
}

function open(tunnel: Tunnel, request: Request, ear: ConstructorParameters<typeof KadStream>[0]): KadStream {
  if (!tunnel.hasRoom) throw lost(tunnel, 'the connection takes no more');
  const stream = new KadStream(ear);
  stream.attach(tunnel.open('bytes', KAD_TARGET, false, stream));
  stream.end(encodeRequest(request));
  return stream;
}

function lost({ channel }: Tunnel, why: string): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `node ${channel.peer.name ?? channel.peer.id}: ${why}`);
}

function malformed({ channel }: Tunnel, detail: string): ThemisError {
  return new ThemisError('THEMIS_ANSWER_MALFORMED', `of the node ${channel.peer.name ?? channel.peer.id}: ${detail}`);
}
