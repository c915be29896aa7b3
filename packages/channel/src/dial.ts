import { connect, type TLSSocket } from 'node:tls';
import { isTurnedByNews, refuse, ThemisError, type Address, type Peer, type Refusal, type Verdict } from '@themis-mesh/core';
import { decodeAnswer, MAX_ANSWER_BYTES, type Answer } from './answer.ts';
import { Channel, DRAIN_AT } from './channel.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CredentialSource } from './credentials.ts';
import { requireSafeEnvironment } from './environment.ts';
import { judge, type Authenticator, type Authorizer } from './judge.ts';
import { presentedChain } from './presented-chain.ts';
import { hasAnswer, type Protocol } from './protocols.ts';
import { secureContextOptions } from './tls-profile.ts';

export interface DialOptions {
  readonly address: Address;
  readonly protocol: Protocol;
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  /** Who is expected there: there is no dialling without it. {@link expectService} makes one. */
  readonly expect: Authorizer;
  /** For everything up to the accepter's answer. Milliseconds. Default 5000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_SKEW_MS = 60_000;

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
 * - `THEMIS_CLOCK_SKEW`: its clock and ours differ by more than 60 seconds
 * - `THEMIS_ABORTED`: the signal
 */
export async function dial(options: DialOptions): Promise<Channel> {
  const { clock = systemClock, credentials, protocol } = options;
  requireSafeEnvironment();
  const own = credentials.current;
  const socket = connect({
    host: options.address.host,
    port: options.address.port,
    // A head and its body may be two writes: the second would wait for the peer's delayed acknowledgement of the first.
    noDelay: true,
    ALPNProtocols: [protocol],
    // The chain is judged by our own verifier as soon as the handshake is done; no store of roots knows these certificates.
    rejectUnauthorized: false,
    ...secureContextOptions(own),
  });
  const opening = new Opening(socket, options, clock);
  try {
    await opening.secured();
    const peer = provePeer(socket, options, clock);
    if (hasAnswer(protocol)) heed(await opening.answer(), clock, peer);
    return new Channel({
      socket,
      peer,
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

function provePeer(socket: TLSSocket, { protocol, authenticator, expect }: DialOptions, clock: Clock): Peer {
  const verdict = prove(socket, protocol, authenticator, expect, Math.floor(clock.now() / 1000));
  if (!verdict.ok) throw ThemisError.refused('THEMIS_PEER_REFUSED', verdict.refusal);
  return verdict.value;
}

function prove(
  socket: TLSSocket,
  protocol: Protocol,
  authenticator: Authenticator,
  expect: Authorizer,
  now: number,
): Verdict<Peer> {
  if (socket.isSessionReused()) return refuse('session-resumed', 'by the accepter');
  if (socket.alpnProtocol !== protocol) return refuse('protocol-unknown', `${String(socket.alpnProtocol)}, wanted ${protocol}`);
  return judge(authenticator.authenticate(presentedChain(socket), now), expect);
}

function heed(answer: Answer, clock: Clock, peer: Peer): void {
  const skew = answer.clock - clock.now();
  if (Math.abs(skew) > MAX_SKEW_MS) {
    throw new ThemisError('THEMIS_CLOCK_SKEW', `the clock of ${peer.name ?? peer.id} is ${Math.round(skew / 1000)} s ahead of ours`);
  }
  if (answer.answer === 'refused') throw refusedBy(peer, answer.code);
}

function refusedBy(peer: Peer, code: string): ThemisError {
  // A code of a newer release is passed on as it is: it is a name to show, and nothing here depends on it.
  const refusal = { code: code as Refusal['code'], detail: `said by ${peer.name ?? peer.id}` };
  return ThemisError.refused('THEMIS_REFUSED_BY_PEER', refusal);
}

/** Whether the same dial may end otherwise elsewhere, or after news: nothing of a request was sent. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!ThemisError.is(error)) return false;
  return error.retryable || (error.refusal !== undefined && isTurnedByNews(error.refusal.code));
}

/** The time between the first packet and the accepter's answer: one timer, one signal, one place that fails. */
class Opening {
  readonly #socket: TLSSocket;
  readonly #failed: Promise<never>;
  readonly #ends: (() => void)[] = [];
  #isSecure = false;

  constructor(socket: TLSSocket, { address, signal, timeout = DEFAULT_TIMEOUT_MS }: DialOptions, clock: Clock) {
    this.#socket = socket;
    const where = `${address.host}:${address.port}`;
    this.#failed = new Promise((_, reject) => {
      const onError = (cause: Error): void => {
        reject(this.#translate(cause, where));
      };
      const onClose = (): void => {
        reject(new ThemisError(this.#isSecure ? 'THEMIS_HANDSHAKE_FAILED' : 'THEMIS_DIAL_FAILED', `${where} closed the connection`));
      };
      const onAbort = (): void => {
        reject(new ThemisError('THEMIS_ABORTED', `while dialling ${where}`, { cause: signal?.reason }));
      };
      socket.on('error', onError);
      socket.on('close', onClose);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
      const callOff = clock.after(timeout, () => {
        reject(new ThemisError('THEMIS_HANDSHAKE_TIMEOUT', `${where} did not answer within ${timeout} ms`));
      });
      this.#ends.push(callOff, () => {
        signal?.removeEventListener('abort', onAbort);
        socket.off('close', onClose);
      });
    });
    this.#failed.catch(() => undefined);
  }

  secured(): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#socket.once('secureConnect', () => {
        this.#isSecure = true;
        resolve();
      });
    });
    return Promise.race([done, this.#failed]);
  }

  async answer(): Promise<Answer> {
    const head = await this.#read(2);
    const length = head.readUInt16BE();
    const answer = length > MAX_ANSWER_BYTES ? undefined : decodeAnswer(await this.#read(length));
    if (answer === undefined) throw new ThemisError('THEMIS_HANDSHAKE_FAILED', 'the first bytes are no answer of a channel');
    return answer;
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  #read(length: number): Promise<Buffer> {
    let onReadable = (): void => undefined;
    const done = new Promise<Buffer>((resolve) => {
      onReadable = () => {
        const bytes = this.#socket.read(length) as Buffer | null;
        if (bytes?.length === length) resolve(bytes);
      };
      this.#socket.on('readable', onReadable);
      onReadable();
    });
    return Promise.race([done, this.#failed]).finally(() => this.#socket.off('readable', onReadable));
  }

  #translate(cause: Error, where: string): ThemisError {
    const isNetwork = 'syscall' in cause && (cause.syscall === 'connect' || cause.syscall === 'getaddrinfo');
    return new ThemisError(isNetwork ? 'THEMIS_DIAL_FAILED' : 'THEMIS_HANDSHAKE_FAILED', `${where}: ${cause.message}`, { cause });
  }
}
