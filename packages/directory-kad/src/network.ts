import type { Address, IdentityId } from '@themis-mesh/core';
import type { Contact } from './contact.ts';
import type { Answer } from './messages/answer.ts';
import type { Request, WatchRequest } from './messages/request.ts';

/**
 * How a node reaches others. It proves identities and carries messages; it believes nothing of what they say.
 *
 * Its other half is {@link KadNode.handle} and {@link KadNode.serveWatch}: who carries the messages calls them with the identity
 * that the channel proved.
 */
export interface KadNetwork {
  /**
   * Sends one request and waits for its answer.
   *
   * @returns a rejected promise where no answer came: the node cannot be reached, is another identity, hangs, or says what is no
   *   answer. Why does not matter to the caller
   */
  ask(to: Contact, request: Request, options: AskOptions): Promise<Answer>;
  /**
   * Opens a watch: the first answer says what is there or that it is refused, each later one what has changed. Ends when the
   * lease does, the signal, or the connection; throws where the node cannot be reached.
   */
  watch(to: Contact, request: WatchRequest, signal: AbortSignal): AsyncIterable<Answer>;
  /** Asks whoever is at an address, where nothing but that is known. @returns who it proved to be, and what it said */
  meet(address: Address, request: Request, options: AskOptions): Promise<Met>;
}

export interface AskOptions {
  /** How long to wait, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Met {
  /** As the channel proved it. */
  readonly identity: IdentityId;
  readonly answer: Answer;
}
