import {
  canonicalJson,
  digestOf,
  ThemisError,
  type Json,
  type Peer,
  type RecordKind,
  type shape,
  type SignedRecord,
} from '@themis-mesh/core';
import type { CallOptions, Directory, Unavailable, Watched } from '@themis-mesh/directory';
import { systemClock } from '../clock.ts';
import { findJson, instancesJson, storeJson, watchJson } from '../wire/answers.ts';
import { faultBody, FAULTS, type Fault, type FaultCode } from '../wire/fault.ts';
import { MOST_RECORDS, REQUEST_BYTES } from '../wire/limits.ts';
import { questionAt, type Question } from '../wire/paths.ts';
import { readMessage } from '../wire/read-message.ts';
import { signerOf } from '../wire/signer.ts';
import { findRequestShape, instancesRequestShape, storeRequestShape, watchRequestShape } from '../wire/requests.ts';
import { Budget } from './budget.ts';
import { HANDLER_LIMITS, type DirectoryHandlerOptions, type HandlerLimits } from './options.ts';
import { readBody } from './read-body.ts';
import { Watches } from './watches.ts';

/**
 * Answers what light clients ask (docs/reference/directory-http.md). It throws for nothing that a caller or the directory does.
 *
 * @param caller whom the channel has proved; undefined where the request came another way
 */
export type DirectoryHandler = (request: Request, caller?: Peer) => Promise<Response>;

/** Serves any directory to light clients: a handler of fetch's shape, for a mesh server or whatever else speaks HTTP. */
export function createDirectoryHandler(directory: Directory, options: DirectoryHandlerOptions = {}): DirectoryHandler {
  const { clock = systemClock, openKinds = [], signal } = options;
  const limits: HandlerLimits = { ...HANDLER_LIMITS, ...options.limits };
  const watches = new Watches(directory, clock, limits);
  signal?.addEventListener('abort', () => watches.end(), { once: true });
  const service = new DirectoryService(directory, watches, new Set(openKinds));
  const budget = new Budget(limits.perCaller, () => clock.now());
  return async (request, caller) => {
    try {
      const question = questionAt(new URL(request.url).pathname);
      if (question === undefined) throw new Refusal('path-unknown', 'nothing is asked there');
      if (request.method !== 'POST') throw new Refusal('method', `${request.method}, asked is by POST`);
      // Whoever watches is better off at another node, and this one need not wait for it.
      if (signal?.aborted === true && question === 'watch') throw new Refusal('unavailable', 'the node stops');
      if (!budget.take(caller?.id ?? UNPROVED)) throw new Refusal('too-many', 'ask again later');
      const body = await readBody(request, REQUEST_BYTES[question]);
      if (body === undefined) throw new Refusal('too-large', `a body of more than ${REQUEST_BYTES[question]} bytes`);
      return jsonResponse(200, canonicalJson(await service.answer(question, body, { caller, signal: request.signal })));
    } catch (error) {
      return faultResponse(faultOf(error));
    }
  };
}

/** All whom no channel has proved. */
const UNPROVED = '-';

interface Circumstances {
  readonly caller: Peer | undefined;
  readonly signal: AbortSignal;
}

class Refusal extends Error implements Fault {
  readonly code: FaultCode;
  readonly detail: string;

  constructor(code: FaultCode, detail: string) {
    super(detail);
    this.code = code;
    this.detail = detail;
  }
}

class DirectoryService {
  readonly #directory: Directory;
  readonly #watches: Watches;
  readonly #openKinds: ReadonlySet<RecordKind>;

  constructor(directory: Directory, watches: Watches, openKinds: ReadonlySet<RecordKind>) {
    this.#directory = directory;
    this.#watches = watches;
    this.#openKinds = openKinds;
  }

  answer(question: Question, body: Uint8Array, circumstances: Circumstances): Promise<Json> {
    switch (question) {
      case 'find':
        return this.#find(body, circumstances);
      case 'instances':
        return this.#instances(body, circumstances);
      case 'store':
        return this.#store(body, circumstances);
      case 'watch':
        return this.#watch(body, circumstances);
    }
  }

  async #find(body: Uint8Array, { signal }: CallOptions): Promise<Json> {
    const { key } = required(body, findRequestShape);
    const answer = available(await this.#directory.find(key, withSignal(signal)));
    return findJson(answer, answer.outcome === 'found' ? await this.#historyFor(key) : undefined);
  }

  async #instances(body: Uint8Array, { signal }: CallOptions): Promise<Json> {
    const { id } = required(body, instancesRequestShape);
    const answer = available(await this.#directory.instances(id, withSignal(signal)));
    const { records } = answer;
    const told =
      records.length <= MOST_RECORDS ? answer : { ...answer, records: records.slice(0, MOST_RECORDS), complete: false };
    return instancesJson(told, await this.#historyFor({ kind: 'instances', id }));
  }

  async #store(body: Uint8Array, { caller, signal }: Circumstances): Promise<Json> {
    const { key, record } = required(body, storeRequestShape);
    if (!isMember(caller) && !this.#openKinds.has(key.kind)) {
      throw new Refusal('forbidden', `members of the app store, and no channel has proved that you are one`);
    }
    const answer = available(await this.#directory.store({ key, bytes: record }, withSignal(signal)));
    return storeJson(answer, answer.outcome === 'refused' ? await this.#historyFor(key) : undefined);
  }

  async #watch(body: Uint8Array, { caller, signal }: Circumstances): Promise<Json> {
    const { watched, have, wait } = required(body, watchRequestShape);
    const known = new Set(have);
    if (wait === 0) {
      const there = await this.#look(watched, signal);
      const news = there.filter(({ bytes }) => !known.has(digestOf(bytes)));
      return watchJson(news.slice(0, MOST_RECORDS), news.length === 0 ? undefined : await this.#historyFor(watched));
    }
    const news = await this.#watches.wait(caller?.id ?? UNPROVED, watched, known, wait * 1000, signal);
    if (news === undefined) throw new Refusal('too-many', 'too many watches wait');
    return watchJson(news.slice(0, MOST_RECORDS), news.length === 0 ? undefined : await this.#historyFor(watched));
  }

  async #look(watched: Watched, signal: AbortSignal): Promise<readonly SignedRecord[]> {
    if (watched.kind === 'instances') return available(await this.#directory.instances(watched.id, withSignal(signal))).records;
    const answer = available(await this.#directory.find(watched, withSignal(signal)));
    return answer.outcome === 'found' ? [answer.record] : [];
  }

  /** The history of who signs what lies there; nothing for what carries its own. */
  async #historyFor(watched: Watched): Promise<Uint8Array | undefined> {
    const signer = signerOf(watched);
    if (signer === undefined) return undefined;
    const answer = await this.#directory.find({ kind: 'history', id: signer });
    return answer.outcome === 'found' ? answer.record.bytes : undefined;
  }
}

/** Whether the channel has proved a member of this very app: one of an imported app stores at home. */
function isMember(caller: Peer | undefined): boolean {
  return caller?.name !== undefined && caller.alias === undefined;
}

function required<T>(body: Uint8Array, form: shape.Shape<T>): T {
  const read = readMessage(body, form);
  if (!read.ok) throw new Refusal('malformed', read.mistake);
  return read.value;
}

function available<T extends { readonly outcome: string }>(answer: T | Unavailable): T {
  if (isUnavailable(answer)) throw answer.error;
  return answer;
}

function isUnavailable(answer: { readonly outcome: string }): answer is Unavailable {
  return answer.outcome === 'unavailable';
}

function withSignal(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

/** What went wrong here is not told in detail: it may name files. */
function faultOf(error: unknown): Fault {
  if (error instanceof Refusal) return error;
  return { code: 'unavailable', detail: ThemisError.is(error) ? error.code : 'the node failed' };
}

function faultResponse(fault: Fault): Response {
  const response = jsonResponse(FAULTS[fault.code], faultBody(fault));
  if (fault.code === 'method') response.headers.set('allow', 'POST');
  if (fault.code === 'too-many') response.headers.set('retry-after', '1');
  return response;
}

function jsonResponse(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
}
