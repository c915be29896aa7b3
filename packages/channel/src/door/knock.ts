import { connect, type TLSSocket } from 'node:tls';
import {
  refuse,
  ThemisError,
  verifyChain,
  type Address,
  type EventPoint,
  type IdentityId,
  type Json,
  type RefusalCode,
  type Verdict,
  type VerifiedChain,
} from '@themis-mesh/core';
import { systemClock, type Clock } from '../clock.ts';
import { MADE_BY_CLOCKS, skewOf } from '../dial.ts';
import { requireSafeEnvironment } from '../environment.ts';
import { Opening } from '../opening.ts';
import { presentedChain } from '../presented-chain.ts';
import { anonymousContextOptions } from '../tls-profile.ts';
import { DOOR_PROTOCOL } from './door.ts';
import { MAX_GIVEN_BYTES, SILENCE_MS } from './limits.ts';
import { decodeReply, encodeMessage, type Question } from './message.ts';
import { readMessage } from './read-message.ts';

/** Whose door it has to be. */
export interface ExpectedKeeper {
  readonly id: IdentityId;
  /** An event that its history must hold, so that keys that were superseded before it open no door. */
  readonly least?: EventPoint | undefined;
}

export interface KnockOptions extends Question {
  readonly address: Address;
  /** There is no knocking without it. */
  readonly expect: ExpectedKeeper;
  /** Until the question is sent. Milliseconds. Default 5000. */
  readonly timeout?: number;
  /** Ends the waiting as well. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the door has said that the answer takes time. */
  readonly onWaiting?: () => void;
  readonly clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Asks something at a door, and waits for the answer: proves whose door it is before a byte is sent.
 *
 * @returns what was given. It is for the caller to verify, as if it came from anybody
 * @throws ThemisError
 * - `THEMIS_DIAL_FAILED`, `THEMIS_HANDSHAKE_FAILED`, `THEMIS_HANDSHAKE_TIMEOUT`: nothing was sent
 * - `THEMIS_PEER_REFUSED`: the door is not of who was expected, or its certificates are not good; with the refusal
 * - `THEMIS_REFUSED_BY_PEER`: it gives nothing; with its reason
 * - `THEMIS_CONNECTION_LOST`: it ended, or fell silent, before its answer
 * - `THEMIS_CLOCK_SKEW`, `THEMIS_ABORTED`, `THEMIS_TLS_UNSAFE`
 */
export async function knock(options: KnockOptions): Promise<Json> {
  const { clock = systemClock, timeout = DEFAULT_TIMEOUT_MS, address, signal, ask, body } = options;
  requireSafeEnvironment();
  const socket = connect({
    ...{ host: address.host, port: address.port, ALPNProtocols: [DOOR_PROTOCOL] },
    // The chain is judged by our own verifier as soon as the handshake is done; no store of roots knows these certificates.
    rejectUnauthorized: false,
    ...anonymousContextOptions(),
  });
  const opening = new Opening(socket, { address, timeout, signal, clock });
  try {
    try {
      await opening.secured();
      await proveKeeper(socket, opening, options, clock);
    } finally {
      opening.end();
    }
    socket.write(encodeMessage({ ask, body }));
    return await reply(socket, options, clock);
  } finally {
    socket.destroy();
  }
}

/** @throws ThemisError */
async function proveKeeper(socket: TLSSocket, opening: Opening, options: KnockOptions, clock: Clock): Promise<void> {
  const { address } = options;
  const where = `${address.host}:${address.port}`;
  const verdict = prove(socket, options.expect, Math.floor(clock.now() / 1000));
  if (!verdict.ok && !MADE_BY_CLOCKS.has(verdict.refusal.code)) throw refused(verdict.refusal);
  // Whoever we could not prove is believed nothing; but the clock that it says it has tells a person what to look at.
  const answer = await opening.answer().catch((error: unknown) => {
    throw verdict.ok ? error : refused(verdict.refusal);
  });
  const skew = skewOf(answer, clock, where, verdict.ok ? undefined : verdict.refusal);
  if (skew !== undefined) throw skew;
  if (!verdict.ok) throw refused(verdict.refusal);
  if (answer.answer === 'refused') throw refusedBy(answer.code, where);
}

function refused(refusal: Parameters<typeof ThemisError.refused>[1]): ThemisError {
  return ThemisError.refused('THEMIS_PEER_REFUSED', refusal);
}

function prove(socket: TLSSocket, { id, least }: ExpectedKeeper, now: number): Verdict<VerifiedChain> {
  if (socket.isSessionReused()) return refuse('session-resumed', 'by the door');
  const { alpnProtocol } = socket;
  if (alpnProtocol !== DOOR_PROTOCOL) return refuse('protocol-unknown', `${String(alpnProtocol)}, wanted ${DOOR_PROTOCOL}`);
  const chain = verifyChain(presentedChain(socket), { now, expectedId: id });
  if (!chain.ok || least === undefined || chain.value.history.holds(least)) return chain;
  return refuse('history-behind-checkpoint', `event ${chain.value.history.seq}, pinned is ${least.seq}`);
}

async function reply(socket: TLSSocket, { address, signal, onWaiting }: KnockOptions, clock: Clock): Promise<Json> {
  const where = `${address.host}:${address.port}`;
  const onAbort = (): void => void socket.destroy();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    for (;;) {
      const read = await readMessage(socket, MAX_GIVEN_BYTES, SILENCE_MS, clock);
      if (signal?.aborted === true) throw new ThemisError('THEMIS_ABORTED', `at ${where}`, { cause: signal.reason });
      if ('lack' in read) throw new ThemisError('THEMIS_CONNECTION_LOST', `${where}: the answer ${LACKS[read.lack]}`);
      const said = decodeReply(read.bytes);
      if (said === undefined) throw new ThemisError('THEMIS_CONNECTION_LOST', `${where}: what it said is no answer of a door`);
      if (said.answer === 'refused') throw refusedBy(said.code, where);
      if (said.answer === 'given') return said.body;
      onWaiting?.();
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

const LACKS = { ended: 'did not come', 'too-late': 'took too long', 'too-large': 'is too large' } as const;

/** A code of a newer release is passed on as it is: it is a name to show, and nothing here depends on it. */
function refusedBy(code: string, where: string): ThemisError {
  return ThemisError.refused('THEMIS_REFUSED_BY_PEER', { code: code as RefusalCode, detail: `said by ${where}` });
}
