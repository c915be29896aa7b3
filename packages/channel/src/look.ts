import { connect, type TLSSocket } from 'node:tls';
import { ThemisError, type Address } from '@themis-mesh/core';
import { decodeAnswer, MAX_ANSWER_BYTES, type Answer } from './answer.ts';
import { systemClock, type Clock } from './clock.ts';
import { presentedChain } from './presented-chain.ts';
import { hasAnswer, type Protocol } from './protocols.ts';
import { anonymousContextOptions } from './tls-profile.ts';

export interface LookOptions {
  readonly address: Address;
  /** For all of it. Milliseconds. Default 5000. */
  readonly timeout?: number;
  readonly clock?: Clock;
}

/** What somebody presents who listens at an address. None of it is believed: it is to be shown, or judged. */
export interface Sight {
  /** DER, the leaf first. */
  readonly chain: readonly Uint8Array[];
  /** What it agreed to speak; undefined for none of ours. */
  readonly protocol: string | undefined;
  /** What it says first: its clock, and that it refuses who proves nothing. Undefined where it speaks no protocol of ours. */
  readonly answer: Answer | undefined;
  /** Our clock when the answer came. Milliseconds since 1970. */
  readonly answeredAt: number;
}

const DEFAULT_TIMEOUT_MS = 5000;
const PROTOCOLS: readonly Protocol[] = ['themis-http/1', 'themis-tcp/1', 'http/1.1'];

/**
 * Looks at who listens at an address, without proving anything of ourselves: the listener refuses that, after it has shown
 * its certificates. Nothing is sent but the handshake.
 *
 * @throws ThemisError `THEMIS_DIAL_FAILED`, `THEMIS_HANDSHAKE_FAILED`, `THEMIS_HANDSHAKE_TIMEOUT`
 */
export async function look({ address, timeout = DEFAULT_TIMEOUT_MS, clock = systemClock }: LookOptions): Promise<Sight> {
  const where = `${address.host}:${address.port}`;
  const socket = connect({
    host: address.host,
    port: address.port,
    ALPNProtocols: [...PROTOCOLS],
    // What is presented is handed to the caller, who judges it. Nothing is sent, and nothing read is believed.
    rejectUnauthorized: false,
    ...anonymousContextOptions(),
  });
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const callOff = clock.after(timeout, () => {
    late.reject(new ThemisError('THEMIS_HANDSHAKE_TIMEOUT', `${where} did not answer within ${timeout} ms`));
  });
  try {
    await Promise.race([secured(socket, where), late.promise]);
    const chain = presentedChain(socket);
    const protocol = PROTOCOLS.find((name) => name === socket.alpnProtocol);
    const speaks = protocol !== undefined && hasAnswer(protocol);
    const answer = speaks ? await Promise.race([firstAnswer(socket), late.promise]) : undefined;
    return { chain, protocol, answer, answeredAt: clock.now() };
  } finally {
    callOff();
    socket.destroy();
  }
}

function secured(socket: TLSSocket, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    // Stays on: an error without a listener would end the process.
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const isNetwork = cause.syscall === 'connect' || cause.syscall === 'getaddrinfo';
      reject(new ThemisError(isNetwork ? 'THEMIS_DIAL_FAILED' : 'THEMIS_HANDSHAKE_FAILED', `${where}: ${cause.message}`, { cause }));
    });
    socket.once('close', () => {
      reject(new ThemisError('THEMIS_HANDSHAKE_FAILED', `${where} closed the connection`));
    });
  });
}

/** @returns undefined where what comes first is no answer, or nothing comes */
function firstAnswer(socket: TLSSocket): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const length = received.length >= 2 ? received.readUInt16BE() : 0;
      if (length > MAX_ANSWER_BYTES) resolve(undefined);
      else if (received.length >= 2 + length && received.length > 2) resolve(decodeAnswer(received.subarray(2, 2 + length)));
    });
    socket.once('close', () => {
      resolve(undefined);
    });
  });
}
