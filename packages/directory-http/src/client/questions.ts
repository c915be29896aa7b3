import { ThemisError, type Refusal, type shape } from '@themis-mesh/core';
import { faultShape, type FaultCode } from '../wire/fault.ts';
import { ANSWER_BYTES } from '../wire/limits.ts';
import { PATHS, type Question } from '../wire/paths.ts';
import { readMessage } from '../wire/read-message.ts';
import { NodeList } from './node-list.ts';
import type { ResolvedHttpOptions } from './options.ts';
import { askRound, type RoundResult, type Worth } from './round.ts';

export interface AskedFor<R, T> {
  readonly question: Question;
  readonly body: Uint8Array;
  readonly form: shape.Shape<R>;
  /** What an answer of that shape is worth. It learns from it on the way. */
  readonly weigh: (reply: R, node: string) => Worth<T>;
  /** How many doubtful answers are as good as a good one. */
  readonly enough: number;
  readonly signal: AbortSignal;
  /** Milliseconds that the node waits by itself before it answers. Default 0. */
  readonly waits?: number;
}

/** An answer that says why there is none. */
export class NodeFault extends ThemisError {
  readonly fault: FaultCode;

  constructor(node: string, fault: FaultCode, detail: string) {
    super('THEMIS_DIRECTORY_UNAVAILABLE', `${node}: ${fault} (${detail})`);
    this.fault = fault;
  }
}

/** Puts questions to the nodes, and reads what they answer. */
export class Questions {
  readonly #options: ResolvedHttpOptions;
  readonly #nodes: NodeList;

  constructor(options: ResolvedHttpOptions) {
    this.#options = options;
    this.#nodes = new NodeList(options.nodes, () => options.clock.now(), options.chance);
  }

  /** How many nodes are to say that something is not there, or not wanted, until it is believed. */
  get doubts(): number {
    return Math.min(2, this.#nodes.size);
  }

  ask<R, T>(asked: AskedFor<R, T>): Promise<RoundResult<T>> {
    const { clock, timeoutMs, hedgeMs } = this.#options;
    const { enough, signal, waits = 0 } = asked;
    const ask = (node: string, ended: AbortSignal): Promise<Worth<T>> => this.#askOne(asked, node, ended);
    return askRound({ nodes: this.#nodes, clock, ask, enough, timeout: waits + timeoutMs, hedge: waits + hedgeMs, signal });
  }

  async #askOne<R, T>(
    { question, body, form, weigh, waits = 0 }: AskedFor<R, T>,
    node: string,
    signal: AbortSignal,
  ): Promise<Worth<T>> {
    const { transport, timeoutMs } = this.#options;
    const ask = { signal, timeout: waits + timeoutMs, mostBytes: ANSWER_BYTES[question] };
    const answer = await transport.ask(node, PATHS[question], body, ask);
    if (answer.status !== 200) return { is: 'bad', why: faultOf(node, answer) };
    const read = readMessage(answer.body, form);
    if (!read.ok) return { is: 'bad', why: unavailable(`${node}: ${read.mistake}`) };
    return weigh(read.value, node);
  }
}

/** Nobody answered, or nobody whose answer counts. */
export function noneOf(failures: readonly ThemisError[], signal: AbortSignal): ThemisError {
  if (signal.aborted) return unavailable('it was given up');
  const [first] = failures;
  if (first === undefined) return unavailable('no node was asked');
  const others = failures.length > 1 ? `, and ${failures.length - 1} more` : '';
  const what = first.message.slice(first.message.indexOf(': ') + 2);
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${what}${others}`, {
    cause: first,
    ...(first.refusal === undefined ? {} : { refusal: first.refusal }),
  });
}

/** A node gave a record that is none of those asked for, or not sound. */
export function lied(node: string, refusal: Refusal): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${node}: ${refusal.code} (${refusal.detail})`, { refusal });
}

function faultOf(node: string, { status, body }: { readonly status: number; readonly body: Uint8Array }): ThemisError {
  const read = readMessage(body, faultShape);
  if (!read.ok) return unavailable(`${node}: status ${status}`);
  return new NodeFault(node, read.value.error.code, read.value.error.detail);
}

function unavailable(what: string): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', what);
}
