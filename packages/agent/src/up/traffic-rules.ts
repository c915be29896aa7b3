import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json, type TrafficTable } from '@themis-mesh/core';
import { ensurePrivateFolder, writeAtomically, type Home } from '@themis-mesh/storage';
import { causeOf } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import { showMistake } from './mistake.ts';
import { readConfig } from './read-config.ts';

/** How often the configuration is looked at. A look is one call of `stat`. */
const LOOK_MS = 500;

/** By which every process that `up` starts finds the rules, as `join` reads it. */
export const TRAFFIC_VARIABLE = 'THEMIS_TRAFFIC_FILE';

/**
 * The traffic rules of a configuration, in a file that all processes of an app read, and read again when it is replaced. It is
 * replaced when the configuration is, by rules that are sound as a whole, and by nothing else.
 */
export class TrafficRules implements Disposable {
  readonly path: string;
  readonly #config: string;
  readonly #log: Log;
  #inForce: string;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;

  private constructor(path: string, config: string, log: Log, inForce: string, seen: string) {
    this.path = path;
    this.#config = config;
    this.#log = log;
    this.#inForce = inForce;
    this.#seen = seen;
  }

  /** Writes the file, and begins to look at the configuration. @param config its full path */
  static async begin(home: Home, config: string, table: TrafficTable, log: Log): Promise<TrafficRules> {
    await ensurePrivateFolder(home.run);
    const path = join(home.run, 'traffic.json');
    const seen = await versionOf(config);
    const rules = new TrafficRules(path, config, log, textOf(table), seen);
    await writeAtomically(path, Buffer.from(rules.#inForce));
    rules.#lookLater();
    return rules;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        if (this.#timer !== undefined) this.#lookLater();
      });
    }, LOOK_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const version = await versionOf(this.#config);
    // A file that is being replaced may be away for a moment.
    if (version === this.#seen || version === '') return;
    this.#seen = version;
    try {
      const parsed = await readConfig(this.#config);
      if (parsed.ok) await this.#enforce(parsed.config.traffic);
      else this.#refuse(parsed.mistakes.map((mistake) => showMistake(this.#config, mistake)));
    } catch (error) {
      this.#log.log('error', 'traffic rules not taken: those before stay', causeOf(error));
    }
  }

  async #enforce(table: TrafficTable): Promise<void> {
    const text = textOf(table);
    if (text === this.#inForce) return;
    await writeAtomically(this.path, Buffer.from(text));
    this.#inForce = text;
    this.#log.log('info', 'traffic rules in force', { services: table.size });
  }

  #refuse(mistakes: readonly string[]): void {
    for (const mistake of mistakes) {
      this.#log.log('error', 'traffic rules not taken: those before stay', { error: 'THEMIS_TRAFFIC_INVALID', message: mistake });
    }
  }
}

function textOf(table: TrafficTable): string {
  return canonicalJson(Object.fromEntries(table) as unknown as Json);
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
