import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import {
  isTurnedByNews,
  refuse,
  ThemisError,
  type Address,
  type Peer,
  type Refusal,
  type RefusalCode,
  type Verdict,
} from '@themis-mesh/core';
import type { Answer } from './answer.ts';
import { Channel, DRAIN_AT } from './channel.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CredentialSource } from './credentials.ts';
import { requireSafeEnvironment } from './environment.ts';
import { judge, type Authenticator, type Authorizer } from './judge.ts';
import { Opening } from './opening.ts';
import { presentedChain } from './presented-chain.ts';
import { hasAnswer, type Protocol } from './protocols.ts';
import { KEEP_ALIVE_MS, secureContextOf } from './tls-profile.ts';

export interface DialOptions {
  readonly address: Address;
  readonly protocol: Protocol;
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  /** Who is expected there: there is no dialling without it. {@link expectService} makes one. */
  readonly expect: Authorizer;
  /** A TCP connection to the address that is open already; the channel takes it over. Default: one is opened. */
  readonly over?: Socket | undefined;
  /** For everything up to the accepter's answer. Milliseconds. Default 5000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_SKEW_MS = 60_000;

/** Refusals that a wrong clock makes of good certificates. */
export const MADE_BY_CLOCKS: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'leaf-not-yet-valid',
  'leaf-expired',
  'identity-not-yet-valid',
  'membership-future',
  'membership-expired',
]);

/** Expects the service of that name, and no other. */
export function expectService(name: string): Authorizer {
  return (peer) => {
    if (peer.name === name) return undefined;
    return { code: 'member-name', detail: `${peer.name ?? peer.id}, dialled was ${name}` };
  };
}

/**
 * Opens a channel: proves who is there before a byte is sent on it, and hears that it was accepted before it is returned.
 *
 * @throws ThemisError
 * - `THEMIS_DIAL_FAILED`, `THEMIS_HANDSHAKE_FAILED`, `THEMIS_HANDSHAKE_TIMEOUT`: nothing was sent; another instance may be tried
 * - `THEMIS_PEER_REFUSED`: it is not the service expected, or its certificates are not good; with the refusal
 * - `THEMIS_REFUSED_BY_PEER`: it said that it refuses us; with the refusal
 * - `THEMIS_CLOCK_SKEW`: its clock and ours differ by more than 60 seconds; with the refusal, where that caused one
 * - `THEMIS_ABORTED`: the signal
 * - `THEMIS_TLS_UNSAFE`: the environment weakens TLS
 */
export async function dial(options: DialOptions): Promise<Channel> {
  const { clock = systemClock, timeout = DEFAULT_TIMEOUT_MS, address, credentials, protocol, signal, over } = options;
  requireSafeEnvironment();
  const own = credentials.current;
  const socket = connect({
    ...(over === undefined ? { host: address.host, port: address.port } : { socket: over }),
    ALPNProtocols: [protocol],
    // The chain is judged by our own verifier as soon as the handshake is done; no store of roots knows these certificates.
    rejectUnauthorized: false,
    secureContext: secureContextOf(own),
  });
  const opening = new Opening(socket, { address, timeout, signal, clock });
  try {
    await opening.secured();
    // A head and its body may be two writes: the second would wait for the peer's delayed acknowledgement of the first.
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const verdict = prove(socket, options, clock);
    if (!verdict.ok) throw await refusal(verdict.refusal, opening, options, clock);
    if (hasAnswer(protocol)) heed(await opening.answer(), clock, verdict.value);
    return new Channel({
      socket,
      peer: verdict.value,
      protocol,
      ownSerial: own.serial,
      ownNotAfter: own.notAfter,
      drainAt: DRAIN_AT.dialler,
      clock,
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    opening.end();
  }
}

/** Whether the same dial may end otherwise elsewhere, or after news: nothing of a request was sent. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!ThemisError.is(error)) return false;
  return error.retryable || (error.refusal !== undefined && isTurnedByNews(error.refusal.code));
}

function prove(socket: TLSSocket, { protocol, authenticator, expect }: DialOptions, clock: Clock): Verdict<Peer> {
  if (socket.isSessionReused()) return refuse('session-resumed', 'by the accepter');
  if (socket.alpnProtocol !== protocol) return refuse('protocol-unknown', `${String(socket.alpnProtocol)}, wanted ${protocol}`);
  return judge(() => authenticator.authenticate(presentedChain(socket), Math.floor(clock.now() / 1000)), expect);
}

/**
 * Why we go away. Whoever we could not prove is believed nothing; but where dates were the reason, the clock that it says
 * it has tells a person what to look at.
 */
async function refusal(because: Refusal, opening: Opening, options: DialOptions, clock: Clock): Promise<ThemisError> {
  const { protocol, address } = options;
  const isAboutDates = hasAnswer(protocol) && MADE_BY_CLOCKS.has(because.code);
  const answer = isAboutDates ? await opening.answer().catch(() => undefined) : undefined;
  const skew = answer === undefined ? undefined : skewOf(answer, clock, `${address.host}:${address.port}`, because);
  return skew ?? ThemisError.refused('THEMIS_PEER_REFUSED', because);
}

function heed(answer: Answer, clock: Clock, peer: Peer): void {
  const who = peer.name ?? peer.id;
  // A code of a newer release is passed on as it is: it is a name to show, and nothing here depends on it.
  const because = answer.answer === 'refused' ? { code: answer.code as RefusalCode, detail: `said by ${who}` } : undefined;
  const skew = skewOf(answer, clock, who, because);
  if (skew !== undefined) throw skew;
  if (because !== undefined) throw ThemisError.refused('THEMIS_REFUSED_BY_PEER', because);
}

/** @returns an error where the clocks differ by more than 60 seconds */
export function skewOf(answer: Answer, clock: Clock, who: string, because: Refusal | undefined): ThemisError | undefined {
  const skew = answer.clock - clock.now();
  if (Math.abs(skew) <= MAX_SKEW_MS) return undefined;
  const difference = `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} ours`;
  return new ThemisError(
    'THEMIS_CLOCK_SKEW',
    `the clock of ${who} is ${difference}`,
    because === undefined ? {} : { refusal: because },
  );
}
