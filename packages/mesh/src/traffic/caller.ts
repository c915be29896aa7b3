import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetName } from '@themis-mesh/core';
import { discardBody } from '../http/wire/discard-body.ts';
import type { MeshRequest, MeshResponse } from '../http/message.ts';
import { syntheticAnswer } from '../http/client/synthetic-answer.ts';
import { readCallFields, type CallFields } from './call-fields.ts';
import { CallLimit, passed } from './call-limit.ts';
import { DEFAULT_MIRROR_BYTES, type CallRules } from './call-rules.ts';
import { destinationOf } from './destination.ts';
import { harmOf } from './faults.ts';
import type { Lane, Lanes } from './lanes.ts';
import { copyRequest } from './mirror.ts';
import { servedDeadline } from './request-deadline.ts';

export interface CallerOptions {
  readonly lanes: Lanes;
  /** Sends a request to some instance, with retries. */
  readonly send: (request: MeshRequest) => Promise<MeshResponse>;
  /** Random, 0 to below 1. */
  readonly chance: () => number;
}

/** So many copies are under way at a time; more are not made. */
const MOST_COPIES = 64;

/** How long a copy may take. Milliseconds. */
const COPY_MS = 10_000;

/** Conducts calls by the rules for their service, before an instance is chosen: where, until when, how many, and what of it. */
export class Caller {
  readonly #options: CallerOptions;
  #copies = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** @throws ThemisError as `send` does; `THEMIS_DEADLINE_PASSED`, `THEMIS_TOO_MANY_CALLS` */
  send(request: MeshRequest): Promise<MeshResponse> {
    const { lanes, send } = this.#options;
    const lane = lanes.of(request.service);
    const fields = readCallFields(request.headers);
    const inherited = servedDeadline();
    if (lane.rules.isDirect && fields === undefined && inherited === undefined) return send(request);
    return this.#conduct(request, lane, fields, inherited?.at);
  }

  async #conduct(
    request: MeshRequest,
    lane: Lane,
    fields: CallFields | undefined,
    inherited: number | undefined,
  ): Promise<MeshResponse> {
    const { service } = request;
    const { rules } = lane;
    const now = performance.now();
    const deadline = Math.min(inherited ?? Infinity, now + Math.min(fields?.timeLeft ?? Infinity, rules.timeoutMs ?? Infinity));
    const limit = deadline === Infinity ? undefined : new CallLimit(service, deadline - now, request.signal);
    const signal = limit?.signal ?? request.signal;
    const plain = { ...request, headers: fields?.rest ?? request.headers, signal };
    try {
      if (deadline <= now) throw passed(service);
      const harm = harmOf(rules.faults, plain.headers, this.#options.chance);
      if (harm !== undefined && harm.delayMs > 0) await pause(harm.delayMs, signal);
      if (harm?.status !== undefined) return injected(harm.status, plain, limit);
      const { service: other = service, labels } = destinationOf(rules, plain.headers, this.#options.chance()) ?? {};
      const terms = { ...request.terms, isSafe: fields?.isSafe === true || request.terms?.isSafe === true, labels };
      const onward: MeshRequest = {
        ...this.#mirrored(plain, rules),
        service: other,
        terms: deadline === Infinity ? terms : { ...terms, deadline },
      };
      return await this.#inPlace(onward, service, lane, limit);
    } catch (error) {
      limit?.over();
      if (request.body instanceof Readable) discardBody(request.body);
      throw error;
    }
  }

  /** Sends it when there is a place for it. */
  async #inPlace(
    request: MeshRequest,
    service: TargetName,
    { rules, room }: Lane,
    limit: CallLimit | undefined,
  ): Promise<MeshResponse> {
    const isCounted = rules.atOnce !== undefined;
    if (isCounted) await room.enter(service, request.signal);
    try {
      const response = await this.#options.send(request);
      limit?.answered();
      if (isCounted || limit !== undefined) {
        response.whenOver(() => {
          if (isCounted) room.leave();
          limit?.over();
        });
      }
      return response;
    } catch (error) {
      if (isCounted) room.leave();
      throw error;
    }
  }

  /** @returns the request to be sent in the place of this one */
  #mirrored(request: MeshRequest, { mirror }: CallRules): MeshRequest {
    const isCopied = mirror !== undefined && this.#copies < MOST_COPIES && this.#options.chance() * 100 < mirror.percent;
    if (!isCopied || asksForUpgrade(request)) return request;
    const { service = request.service, labels, maxBodyBytes = DEFAULT_MIRROR_BYTES } = mirror;
    return copyRequest(request, maxBodyBytes, (copy) => {
      this.#copies += 1;
      const over = (): void => {
        this.#copies -= 1;
      };
      // Whatever becomes of it, the caller never hears.
      void this.#sendCopy({ ...copy, service, terms: { labels } }).then(over, over);
    });
  }

  async #sendCopy(copy: MeshRequest): Promise<void> {
    const response = await this.#options.send({ ...copy, signal: AbortSignal.timeout(COPY_MS) });
    response.discard();
    await new Promise<void>((resolve) => {
      response.whenOver(resolve);
    });
  }
}

function injected(status: number, { body }: MeshRequest, limit: CallLimit | undefined): MeshResponse {
  limit?.over();
  if (body instanceof Readable) discardBody(body);
  const answer = { error: 'THEMIS_FAULT_INJECTED' };
  return syntheticAnswer(status, ['content-type', 'application/json'], `${JSON.stringify(answer)}\n`);
}

function asksForUpgrade({ headers }: MeshRequest): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'upgrade');
}

/** @throws the signal's reason */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}
