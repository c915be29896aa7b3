import type { TLSSocket } from 'node:tls';
import { refuse, type Json, type Refusal, type RefusalCode } from '@themis-mesh/core';
import { encodeAnswer } from '../answer.ts';
import type { Clock } from '../clock.ts';
import { FIRST_WAIT_MS, MAX_GIVEN_BYTES, MAX_QUESTION_BYTES, WAIT_MS, type DoorLimits } from './limits.ts';
import { decodeQuestion, encodeMessage, type Question, type Reply } from './message.ts';
import { readMessage } from './read-message.ts';

/** What a door gives, or why it does not. */
export type Given = { readonly given: Json } | { readonly refused: RefusalCode };

/** Somebody at a door who has asked something. Nobody has proved who he is. */
export interface Asked {
  readonly body: Json;
  /** The address that it came from, for people: `host:port`. */
  readonly remote: string;
  /** Ends when whoever asked has gone, when it took too long, or when the door is closed: nobody will hear the answer. */
  readonly signal: AbortSignal;
}

/** Answers one kind of question. What it throws is told as `door-failed`. */
export type Matter = (asked: Asked) => Promise<Given>;

export interface VisitOptions {
  readonly matters: ReadonlyMap<string, Matter>;
  readonly limits: DoorLimits;
  readonly clock: Clock;
  readonly remote: string;
  /** Asked when the question is there: whether there is room to answer it. */
  readonly hasRoom: () => boolean;
  /** Ends when the door is closed. */
  readonly closing: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

const TOO_SLOW = refuse('door-slow', 'no whole question').refusal;

/**
 * One visit, from the handshake on: a question is read, and answered. It always ends with the end of the connection.
 *
 * @returns why nothing was given, where that is so; undefined also for who just went away
 */
export async function receive(socket: TLSSocket, options: VisitOptions): Promise<Refusal | undefined> {
  const { limits, clock } = options;
  socket.write(encodeAnswer(clock.now()));
  const read = await readMessage(socket, MAX_QUESTION_BYTES, limits.questionMs, clock);
  if ('lack' in read) {
    const { lack } = read;
    if (lack !== 'too-large') socket.destroy();
    else await farewell(socket, options, { answer: 'refused', code: 'door-question' });
    if (lack === 'ended') return undefined;
    return lack === 'too-late' ? TOO_SLOW : refuse('door-question', `at most ${MAX_QUESTION_BYTES} bytes`).refusal;
  }
  const question = decodeQuestion(read.bytes);
  const given = await answerTo(question, socket, options);
  if (given === undefined) {
    socket.destroy();
    return undefined;
  }
  const reply: Reply = 'given' in given ? { answer: 'given', body: given.given } : { answer: 'refused', code: given.refused };
  await farewell(socket, options, reply);
  return 'refused' in given ? refuse(given.refused, question?.ask ?? 'no question').refusal : undefined;
}

/** @returns undefined where nobody is there any more to hear it */
async function answerTo(question: Question | undefined, socket: TLSSocket, options: VisitOptions): Promise<Given | undefined> {
  if (question === undefined) return { refused: 'door-question' };
  const matter = options.matters.get(question.ask);
  if (matter === undefined) return { refused: 'door-unknown' };
  if (!options.hasRoom()) return { refused: 'door-crowded' };
  const presence = new Presence(socket, options);
  try {
    const given = matter({ body: question.body, remote: options.remote, signal: presence.signal });
    return await Promise.race([given, presence.gone]);
  } catch (error) {
    options.onFailure(error);
    return { refused: 'door-failed' };
  } finally {
    presence.end();
  }
}

/** Says the last word, and gives it time to be read. */
function farewell(socket: TLSSocket, { limits, clock }: VisitOptions, reply: Reply): Promise<void> {
  const bytes = encodeMessage(reply);
  if (bytes.length > MAX_GIVEN_BYTES + 4) throw new TypeError(`an answer takes at most ${MAX_GIVEN_BYTES} bytes`);
  return new Promise((resolve) => {
    const callOff = clock.after(limits.answerMs, () => socket.destroy());
    socket.once('close', () => {
      callOff();
      resolve();
    });
    // What still comes is thrown away, so that its end is seen and ours is not lost to a reset.
    socket.resume();
    socket.end(bytes);
    if (socket.destroyed) resolve();
  });
}

/** The time in which a visitor waits: it is told so, and whether it is still there is known. */
class Presence {
  readonly signal: AbortSignal;
  /** What becomes of the visit without an answer: refused for its length, or undefined where nobody is there. */
  readonly gone: Promise<Given | undefined>;
  readonly #ends: (() => void)[] = [];
  #callOff: () => void = () => undefined;

  constructor(socket: TLSSocket, { clock, limits, closing }: VisitOptions) {
    const ended = new AbortController();
    this.signal = ended.signal;
    const { promise, resolve } = Promise.withResolvers<Given | undefined>();
    this.gone = promise;
    const leave = (given: Given | undefined): void => {
      ended.abort();
      resolve(given);
    };
    const onGone = (): void => leave(undefined);
    const onClosing = (): void => leave({ refused: 'door-closed' });
    // Whoever says more than one thing breaks the rules, and whoever ends its side hears nothing any more.
    socket.on('data', onGone).on('end', onGone).on('close', onGone);
    closing.addEventListener('abort', onClosing, { once: true });
    if (closing.aborted) onClosing();
    if (socket.destroyed) onGone();
    const tell = (): void => {
      socket.write(encodeMessage({ answer: 'wait' }));
      this.#callOff = clock.after(WAIT_MS, tell);
    };
    this.#callOff = clock.after(FIRST_WAIT_MS, tell);
    this.#ends.push(
      clock.after(limits.patienceMs, () => leave({ refused: 'door-slow' })),
      () => closing.removeEventListener('abort', onClosing),
      () => socket.off('data', onGone).off('end', onGone).off('close', onGone),
    );
  }

  end(): void {
    this.#callOff();
    for (const end of this.#ends) end();
  }
}
