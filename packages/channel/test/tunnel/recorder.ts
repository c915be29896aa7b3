import { createHash, type Hash } from 'node:crypto';
import type { StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import { waitFor } from '@themis-mesh/testkit';

export interface RecorderOptions {
  /** Whether what comes is passed on at once. Default true. */
  readonly reads?: boolean;
  /** Whether the bytes are kept, beside their digest. Default true. */
  readonly keeps?: boolean;
}

/** Writes down what comes on a stream, in its order. */
export class Recorder implements StreamReceiver {
  /** `head …`, `data`, `end`, `reset …`; data that comes in several pieces stands there once. */
  readonly events: string[] = [];
  readonly #hash: Hash = createHash('sha256');
  readonly #keeps: boolean;
  #pieces: Buffer[] = [];
  reads: boolean;
  received = 0;
  unread = 0;
  writable = 0;
  stream: TunnelStream | undefined;
  onWrite: (() => void) | undefined;

  constructor({ reads = true, keeps = true }: RecorderOptions = {}) {
    this.reads = reads;
    this.#keeps = keeps;
  }

  /** Joins it to its stream. */
  on(stream: TunnelStream): this {
    this.stream = stream;
    return this;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  /** To be asked for once. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  get hasEnded(): boolean {
    return this.events.includes('end');
  }

  get reset(): string | undefined {
    return this.events.find((event) => event.startsWith('reset'));
  }

  /** Passes on what was not, all or so many bytes. */
  read(bytes: number = this.unread): void {
    this.unread -= bytes;
    this.stream?.consumed(bytes);
  }

  ended(): Promise<unknown> {
    return waitFor(() => this.hasEnded, 'the end of a stream');
  }

  wasReset(): Promise<string> {
    return waitFor(() => this.reset, 'the reset of a stream');
  }

  onHead(block: string): void {
    this.#note(`head ${block}`);
  }

  onData(bytes: Buffer): void {
    if (this.events.at(-1) !== 'data') this.#note('data');
    this.received += bytes.length;
    this.#hash.update(bytes);
    if (this.#keeps) this.#pieces.push(bytes);
    if (this.reads) this.stream?.consumed(bytes.length);
    else this.unread += bytes.length;
  }

  onEnd(): void {
    this.#note('end');
  }

  onReset(code: string, detail: string): void {
    this.#note(detail === '' ? `reset ${code}` : `reset ${code}: ${detail}`);
  }

  onWritable(): void {
    this.writable += 1;
    this.onWrite?.();
  }

  #note(event: string): void {
    if (this.reset !== undefined) throw new Error(`${event} after ${this.reset}`);
    this.events.push(event);
  }
}
