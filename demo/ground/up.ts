import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { readLine } from '../sightings/read-line.ts';
import type { Sightings } from '../sightings/sightings.ts';
import { THEMIS } from './command-line.ts';
import { isRunning, upProcesses, type UpProcess } from './up-processes.ts';

export interface UpOptions {
  readonly home: string;
  /** The themis.yaml. */
  readonly file: string;
  /** The file for all that they say. */
  readonly log: string;
  /** Take what the services say. */
  readonly sightings: Sightings;
}

/** How long it may take to stop all. */
const STOP_MS = 20_000;

/** How many of its last lines are shown where it ends before its time. */
const LAST_LINES = 15;

/** `themis up`, in a process group of its own, so that a Ctrl-C reaches it only through us. */
export class Up {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #last: string[] = [];
  readonly #home: string;
  readonly #log: WriteStream;
  #isRunning = true;
  #isStopping = false;

  constructor({ home, file, log, sightings }: UpOptions) {
    this.#home = home;
    this.#log = createWriteStream(log);
    const environment = { ...process.env, THEMIS_HOME: home, NO_COLOR: '1' };
    this.#child = spawn(process.execPath, [THEMIS, 'up', file, '--log-json'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#ended = once(this.#child, 'close').then(([status]) => {
      this.#isRunning = false;
      return status as number | null;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream !== null) void this.#read(stream, sightings);
  }

  /** Rejects when it ends before it was stopped. */
  async failure(): Promise<void> {
    const status = await this.#ended;
    if (this.#isStopping) return;
    throw new Error(`themis up ended with ${status}. Its last lines:\n${this.#last.map((line) => `    ${line}`).join('\n')}`);
  }

  /** Asks it to stop all that it started, and waits. @returns what went wrong with that */
  async stop(): Promise<readonly string[]> {
    this.#isStopping = true;
    const started = upProcesses(this.#home);
    if (this.#isRunning) this.#child.kill('SIGTERM');
    const tooLong = new AbortController();
    const status = await Promise.race([this.#ended, delay(STOP_MS, 'too long', { signal: tooLong.signal })]);
    tooLong.abort();
    const left = started.filter(isRunning).map(({ service, pid }) => `process ${pid} of ${service} still runs`);
    this.kill(started);
    return status === 0 ? left : [`themis up ended with ${status ?? 'a signal'}`, ...left];
  }

  /** The last resort: ends it, and all that it said it started, at once. */
  kill(started: readonly UpProcess[] = upProcesses(this.#home)): void {
    if (this.#isRunning) this.#child.kill('SIGKILL');
    for (const each of started.filter(isRunning)) process.kill(each.leads ? -each.pid : each.pid, 'SIGKILL');
  }

  /** Lines that are no events: what programs and sidecars have to complain of. */
  #keep(line: string): void {
    this.#last.push(line);
    if (this.#last.length > LAST_LINES) this.#last.shift();
  }

  async #read(stream: Readable, sightings: Sightings): Promise<void> {
    for await (const raw of createInterface({ input: stream })) {
      const line = stripVTControlCharacters(raw);
      this.#log.write(`${line}\n`);
      const [, service, text] = PREFIXED.exec(line) ?? [];
      const sighting = service === undefined ? undefined : readLine(service, text ?? '', Date.now());
      if (sighting !== undefined) sightings.add(sighting);
      else this.#keep(line);
    }
  }
}

/** A line of a service, as `themis up` prints it. */
const PREFIXED = /^\s*([a-z0-9-]+)\s*[|│]\s?(.*)$/;
