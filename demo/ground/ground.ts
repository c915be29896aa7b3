import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTED_TO } from '../removal.ts';
import type { Screen } from '../screen.ts';
import { METER, SERVICES } from '../shop.ts';
import { textOf } from '../sightings/sighting.ts';
import { Sightings } from '../sightings/sightings.ts';
import { step } from '../step.ts';
import type { Lane } from '../traffic/lane.ts';
import { makeLanes } from '../traffic/lanes.ts';
import { PlainClient } from '../traffic/plain-http.ts';
import { commandLine, type Themis } from './command-line.ts';
import { openShopDirectory, type ShopDirectory } from './directory.ts';
import { findPrograms, type Programs } from './programs.ts';
import { findPorts, isTaken, writeShopFile, type Ports } from './shop-file.ts';
import { foundShop, foundStranger, makeHomes, type Homes } from './temporary-homes.ts';
import { Up } from './up.ts';

/** How long the shop may take until every way through it is open. */
const OPEN_MS = 30_000;

/** Everything that a run stands on: homes, ports, the running shop, and what is seen of it. */
export class Ground {
  readonly homes: Homes;
  readonly ports: Ports;
  readonly programs: Programs;
  readonly themis: Themis;
  readonly sightings: Sightings = new Sightings();
  readonly client: PlainClient = new PlainClient();
  readonly #screen: Screen;
  readonly #signal: AbortSignal;
  #up: Up | undefined;
  #shop: ShopDirectory | undefined;
  #closed: Promise<readonly string[]> | undefined;

  private constructor(homes: Homes, ports: Ports, programs: Programs, screen: Screen, signal: AbortSignal) {
    this.homes = homes;
    this.ports = ports;
    this.programs = programs;
    this.themis = commandLine(signal);
    this.#screen = screen;
    this.#signal = signal;
  }

  static async lay(screen: Screen, signal: AbortSignal): Promise<Ground> {
    const [programs, ports] = await Promise.all([findPrograms(), findPorts()]);
    return new Ground(await makeHomes(), ports, programs, screen, signal);
  }

  get shop(): ShopDirectory {
    if (this.#shop === undefined) throw new TypeError('the shop is not founded yet');
    return this.#shop;
  }

  /** The file in which all is that the services say. */
  get log(): string {
    return join(this.homes.folder, 'up.log');
  }

  /** Founds the app and its services, by the command line. */
  async found(): Promise<void> {
    const { shop, stranger } = this.homes;
    const names = SERVICES.map(({ name }) => name);
    this.#screen.tell(`themis init; themis add ${[...names, METER].join(', ')}`);
    await step('founding the app', this.#signal, () => foundShop(this.themis, shop, [...names, METER]));
    this.#screen.tell('themis init; themis add web: an app of a stranger, in a home of its own');
    await step('founding the app of a stranger', this.#signal, () => foundStranger(this.themis, stranger, 'web'));
    this.#shop = await openShopDirectory(shop);
  }

  /**
   * Starts the shop by `themis up`.
   *
   * @param onFailure hears where it ends before its time
   */
  async open(onFailure: (error: unknown) => void): Promise<readonly Lane[]> {
    const { homes, ports, programs } = this;
    const file = await step('writing themis.yaml', this.#signal, () => writeShopFile(homes.folder, ports, programs));
    const sidecars = SERVICES.filter(({ kind }) => kind === 'sidecar').length;
    this.#screen.tell(`themis up: ${SERVICES.length} programs, ${sidecars} of them behind sidecars`);
    this.#up = new Up({ home: homes.shop, file, log: this.log, sightings: this.sightings });
    this.#up.failure().catch((error: unknown) => {
      onFailure(error);
    });
    const lanes = await makeLanes({ doors: ports, client: this.client, hasCurl: programs.curl });
    await step('waiting until every service is reached', this.#signal, () => this.#untilOpen(lanes));
    this.#screen.tell(`every service answers, through ${lanes.length} ways`);
    return lanes;
  }

  /** Stops all, once. @returns what is still there afterwards */
  close(): Promise<readonly string[]> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The last resort: ends all processes of the shop at once. */
  kill(): void {
    this.#up?.kill();
  }

  async #close(): Promise<readonly string[]> {
    this.client[Symbol.dispose]();
    await this.#shop?.[Symbol.asyncDispose]();
    const left = [...((await this.#up?.stop()) ?? [])];
    for (const [name, port] of Object.entries<number>({ ...this.ports })) {
      if (await isTaken(port)) left.push(`something listens on port ${port} (${name})`);
    }
    await this.homes[Symbol.asyncDispose]();
    return existsSync(this.homes.folder) ? [...left, this.homes.folder] : left;
  }

  async #untilOpen(lanes: readonly Lane[]): Promise<void> {
    const end = performance.now() + OPEN_MS;
    await Promise.all(lanes.map((lane) => this.#untilAnswered(lane, end)));
    for (const service of CONNECTED_TO) {
      const isThere = await this.sightings.first('connected', 'guest', (seen) => textOf(seen, 'service') === service, OPEN_MS);
      if (isThere === undefined) throw new Error(`the guest has no connection to ${service}`);
    }
  }

  /** One request at a time until one is answered rightly. */
  async #untilAnswered(lane: Lane, end: number): Promise<void> {
    for (let number = 0; ; number += 1) {
      this.#signal.throwIfAborted();
      try {
        await lane.run(`warm-up-${number}`);
        return;
      } catch (error) {
        if (performance.now() > end) throw new Error(`${lane.name}: ${String(error)}`, { cause: error });
        await delay(100, undefined, { signal: this.#signal });
      }
    }
  }
}
