import { join } from 'node:path';
import { canonicalJson, ThemisError, type Json, type TrafficTable } from '@themis-mesh/core';
import { ensurePrivateFolder, writeAtomically, type Home } from '@themis-mesh/storage';
import type { FollowedFile } from '../follow/followed-file.ts';
import { causeOf } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import { followConfig } from './follow-config.ts';

/** By which every process that `up` starts finds the rules, as `join` reads it. */
export const TRAFFIC_VARIABLE = 'THEMIS_TRAFFIC_FILE';

/**
 * The traffic rules of a configuration, in a file that all processes of an app read, and read again when it is replaced. It is
 * replaced when the configuration is, by rules that are sound as a whole, and by nothing else.
 */
export class TrafficRules implements Disposable {
  readonly path: string;
  readonly #log: Log;
  readonly #file: FollowedFile;
  #inForce: string;

  private constructor(path: string, config: string, log: Log, inForce: string) {
    this.path = path;
    this.#log = log;
    this.#inForce = inForce;
    this.#file = followConfig({
      file: config,
      onConfig: ({ traffic }) => this.#enforce(traffic),
      onMistakes: (mistakes) => {
        this.#refuse(mistakes);
      },
      onFailure: (error) => {
        // A file that is being replaced may be away for a moment.
        if (ThemisError.is(error, 'THEMIS_FILE_MISSING')) return;
        log.log('error', 'traffic rules not taken: those before stay', causeOf(error));
      },
    });
  }

  /** Writes the file, and begins to look at the configuration. @param config its full path */
  static async begin(home: Home, config: string, table: TrafficTable, log: Log): Promise<TrafficRules> {
    await ensurePrivateFolder(home.run);
    const path = join(home.run, 'traffic.json');
    const text = textOf(table);
    await writeAtomically(path, Buffer.from(text));
    return new TrafficRules(path, config, log, text);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
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
