import { connect } from 'node:tls';
import { ThemisError, type Address } from '@themis-mesh/core';
import type { Answer } from './answer.ts';
import { systemClock, type Clock } from './clock.ts';
import { Opening } from './opening.ts';
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
const PROTOCOLS: readonly Protocol[] = ['themis/1', 'themis-http/1', 'themis-h2/1', 'themis-tcp/1', 'h2', 'http/1.1'];

/**
 * Looks at who listens at an address, without proving anything of ourselves: the listener refuses that, after it has shown
 * its certificates. Nothing is sent but the handshake.
 *
 * @throws ThemisError `THEMIS_DIAL_FAILED`, `THEMIS_HANDSHAKE_FAILED`, `THEMIS_HANDSHAKE_TIMEOUT`
 */
export async function look({ address, timeout = DEFAULT_TIMEOUT_MS, clock = systemClock }: LookOptions): Promise<Sight> {
  const socket = connect({
    host: address.host,
    port: address.port,
    ALPNProtocols: [...PROTOCOLS],
    // What is presented is handed to the caller, who judges it. Nothing is sent, and nothing read is believed.
    rejectUnauthorized: false,
    ...anonymousContextOptions(),
  });
  const opening = new Opening(socket, { address, timeout, signal: undefined, clock });
  try {
    await opening.secured();
    const chain = presentedChain(socket);
    const protocol = PROTOCOLS.find((name) => name === socket.alpnProtocol);
    const answer = protocol !== undefined && hasAnswer(protocol) ? await answerOf(opening) : undefined;
    return { chain, protocol, answer, answeredAt: clock.now() };
  } finally {
    opening.end();
    socket.destroy();
  }
}

/** @returns undefined where what comes first is no answer, or nothing comes */
async function answerOf(opening: Opening): Promise<Answer | undefined> {
  try {
    return await opening.answer();
  } catch (error) {
    if (ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED')) return undefined;
    throw error;
  }
}
