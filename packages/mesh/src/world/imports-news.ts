import type { Clock } from '@themis-mesh/channel';
import type { IdentityId, Refusal, RefusalCode, ServiceName, ThemisError, Trust } from '@themis-mesh/core';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import { News } from './news.ts';

export interface ImportsNewsOptions {
  readonly trust: Trust;
  /** Reads what is of one app. */
  readonly readerOf: (app: IdentityId) => DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** A newer charter of an imported app is believed: every open channel is to be judged again. */
  readonly onCharter: (alias: ServiceName, sequence: string) => void;
  /** Its detail names the alias. */
  readonly onAlarm: (refusal: Refusal) => void;
  readonly onUnavailable: (error: ThemisError) => void;
}

/** Brings the newer charters of the apps that this one imports into what this process believes. */
export class ImportsNews implements Disposable {
  readonly #options: ImportsNewsOptions;
  readonly #each = new Map<IdentityId, News>();
  #isEnded = false;

  constructor(options: ImportsNewsOptions) {
    this.#options = options;
  }

  /** Watches the apps that the charter held imports, and no others. For the start, and after a newer charter of the own app. */
  follow(): void {
    const { imports } = this.#options.trust.app.charter.claims;
    const wanted = new Set(imports.map(({ app }) => app));
    for (const [app, news] of this.#each) {
      if (wanted.has(app)) continue;
      this.#each.delete(app);
      news[Symbol.dispose]();
    }
    for (const app of wanted) {
      if (this.#isEnded) return;
      const known = this.#each.get(app);
      // What is pinned may have moved on past what is held.
      void known?.refresh();
      if (known !== undefined) continue;
      const news = this.#newsOf(app);
      this.#each.set(app, news);
      news.start();
    }
  }

  /** Looks now for what is new of the app whose service that is; of an own service nothing. Does not throw. */
  async refresh(alias: ServiceName | undefined): Promise<void> {
    const app = alias === undefined ? undefined : this.#options.trust.app.charter.importByAlias(alias)?.app;
    if (app !== undefined) await this.#each.get(app)?.refresh();
  }

  /** Somebody was refused: looks soon, where news may turn that; once a second at the most for each app. */
  hint(code: RefusalCode): void {
    for (const news of this.#each.values()) news.hint(code);
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const news of this.#each.values()) news[Symbol.dispose]();
    this.#each.clear();
  }

  #newsOf(app: IdentityId): News {
    const { trust, readerOf, directory, clock, onCharter, onAlarm, onUnavailable } = this.#options;
    const alias = (): ServiceName | undefined => trust.app.charter.claims.imports.find((entry) => entry.app === app)?.alias;
    return new News({
      ...{ app, trust, reader: readerOf(app), directory, clock, onUnavailable },
      // Of everybody who is connected, the own app's news ask already.
      peers: () => [],
      onKeys: () => undefined,
      onCharter: () => {
        const [name, state] = [alias(), trust.appState(app)];
        if (name !== undefined && state !== undefined) onCharter(name, state.charter.sequence.join('.'));
      },
      onAlarm: ({ code, detail }) => {
        onAlarm({ code, detail: `${alias() ?? app}: ${detail}` });
      },
    });
  }
}
