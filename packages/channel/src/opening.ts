import type { TLSSocket } from 'node:tls';
import { ThemisError, type Address } from '@themis-mesh/core';
import { decodeAnswer, MAX_ANSWER_BYTES, type Answer } from './answer.ts';
import type { Clock } from './clock.ts';

export interface OpeningOptions {
  readonly address: Address;
  /** For all of it. Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** The time between the first packet and the accepter's answer: one timer, one signal, one place that fails. */
export class Opening {
  readonly #socket: TLSSocket;
  readonly #failed: Promise<never>;
  readonly #ends: (() => void)[] = [];
  #isSecure = false;

  constructor(socket: TLSSocket, { address, timeout, signal, clock }: OpeningOptions) {
    this.#socket = socket;
    const where = `${address.host}:${address.port}`;
    this.#failed = new Promise((_, reject) => {
      const onError = (cause: Error): void => {
        reject(translate(cause, where));
      };
      const onClose = (): void => {
        reject(
          new ThemisError(this.#isSecure ? 'THEMIS_HANDSHAKE_FAILED' : 'THEMIS_DIAL_FAILED', `${where} closed the connection`),
        );
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
        // The listener for errors stays: one that comes late must not end the process.
      });
    });
    // Until it is raced against, and after: its failure is nobody's.
    this.#failed.catch(() => undefined);
  }

  /** Resolves when the handshake is done. @throws ThemisError */
  secured(): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#socket.once('secureConnect', () => {
        this.#isSecure = true;
        resolve();
      });
    });
    return Promise.race([done, this.#failed]);
  }

  /** Reads the accepter's answer, and not a byte more. @throws ThemisError */
  async answer(): Promise<Answer> {
    const length = (await this.#read(2)).readUInt16BE();
    const isPossible = length > 0 && length <= MAX_ANSWER_BYTES;
    const answer = isPossible ? decodeAnswer(await this.#read(length)) : undefined;
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
        // At the end of the stream this gives what is left, which is less.
        const bytes = this.#socket.read(length) as Buffer | null;
        if (bytes?.length === length) resolve(bytes);
      };
      this.#socket.on('readable', onReadable);
      onReadable();
    });
    return Promise.race([done, this.#failed]).finally(() => this.#socket.off('readable', onReadable));
  }
}

function translate(cause: Error, where: string): ThemisError {
  const isNetwork = 'syscall' in cause && (cause.syscall === 'connect' || cause.syscall === 'getaddrinfo');
  return new ThemisError(isNetwork ? 'THEMIS_DIAL_FAILED' : 'THEMIS_HANDSHAKE_FAILED', `${where}: ${cause.message}`, { cause });
}
