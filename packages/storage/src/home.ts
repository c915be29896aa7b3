import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ServiceName, ThemisError } from '@themis-mesh/core';
import { createAppFile, readAppFile, type AppFile } from './app-file.ts';
import { fileError, unless } from './file-errors.ts';
import { ensurePrivateFolder, requirePrivateFolder } from './private-file.ts';

/** The folder of a home where neither an option nor `THEMIS_HOME` names one. */
export const DEFAULT_HOME = '.themis';

const SERVICE_PREFIX = 'svc-';

/** Where an identity and its recovery keys lie. */
export interface IdentityPaths {
  readonly folder: string;
  readonly identity: string;
  readonly recovery: string;
}

/**
 * The one place that knows where things lie in `$THEMIS_HOME`, a folder that its user alone may enter.
 *
 *     app.json                        which app this home is for, and its anchor
 *     owner/identity.json             the app's history and operational keys, where its owner works
 *     owner/recovery.json             the app's recovery keys, unless they lie elsewhere
 *     owner/tokens.json               digests of the one-time tokens that were given out
 *     services/svc-<name>/…           the same for each service that runs here
 *     seen/<id>.json                  of each peer the furthest history seen
 *     apps/<id>.json                  of each app the furthest history and charter seen
 *     floors/<kind>-<id>.json         of each record that lasts the newest seen
 *     alarms/                         proofs of forks
 *     directory/                      the embedded directory, where app.json names no other folder
 *     run/                            what `up` and `run` need to find each other
 *
 * No part of a path is taken from input as it is: names are DNS labels behind a prefix, so that neither `..` nor a name that
 * a system reserves (`con`, `nul`) can be one.
 */
export class Home {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes a home for an app. @throws ThemisError THEMIS_HOME_EXISTS where there is one already */
  static async create(root: string, app: AppFile): Promise<Home> {
    const home = new Home(resolve(root));
    await ensurePrivateFolder(home.root);
    await createAppFile(home.appFile, app);
    return home;
  }

  /** @throws ThemisError THEMIS_HOME_MISSING, THEMIS_KEY_FOLDER_OPEN, THEMIS_KEY_FOLDER_OWNER, THEMIS_FILE_MALFORMED */
  static async open(root: string): Promise<Home> {
    return (await Home.openApp(root)).home;
  }

  /** {@link open}, with which app the home is for: that is read to open it. */
  static async openApp(root: string): Promise<{ readonly home: Home; readonly app: AppFile }> {
    const home = new Home(resolve(root));
    try {
      await requirePrivateFolder(home.root);
    } catch (error) {
      if (ThemisError.is(error, 'THEMIS_FILE_MISSING')) throw new ThemisError('THEMIS_HOME_MISSING', home.root, { cause: error });
      throw error;
    }
    return { home, app: await home.app() };
  }

  /** A home whose files are not looked at: for showing where they would be, and for making one step by step. */
  static at(root: string): Home {
    return new Home(resolve(root));
  }

  /** Which app this home is for. */
  async app(): Promise<AppFile> {
    const app = await readAppFile(this.appFile);
    if (app === undefined) throw new ThemisError('THEMIS_HOME_MISSING', this.appFile);
    return app;
  }

  get appFile(): string {
    return join(this.root, 'app.json');
  }

  get owner(): IdentityPaths {
    return identityPaths(join(this.root, 'owner'));
  }

  /** The one-time tokens that the owner gave out. */
  get tokens(): string {
    return join(this.root, 'owner', 'tokens.json');
  }

  service(name: ServiceName): IdentityPaths {
    return identityPaths(join(this.#services, SERVICE_PREFIX + name));
  }

  /** The services that have a folder here, in order. */
  async services(): Promise<readonly ServiceName[]> {
    try {
      const names = (await unless(['ENOENT'], readdir(this.#services))) ?? [];
      const labels = names.filter((name) => name.startsWith(SERVICE_PREFIX)).map((name) => name.slice(SERVICE_PREFIX.length));
      return labels.filter((label) => ServiceName.is(label)).sort();
    } catch (error) {
      throw fileError(error, this.#services);
    }
  }

  get seen(): string {
    return join(this.root, 'seen');
  }

  get apps(): string {
    return join(this.root, 'apps');
  }

  get floors(): string {
    return join(this.root, 'floors');
  }

  get alarms(): string {
    return join(this.root, 'alarms');
  }

  /** The folder of the directory, where `app.json` names no other. */
  get directory(): string {
    return join(this.root, 'directory');
  }

  /** The folder of the directory that this home's processes use, or its address. */
  async directoryFolder(): Promise<string> {
    return (await this.app()).directory ?? this.directory;
  }

  get run(): string {
    return join(this.root, 'run');
  }

  get #services(): string {
    return join(this.root, 'services');
  }
}

/** @throws ThemisError THEMIS_NAME_INVALID */
export function parseServiceName(text: string): ServiceName {
  const name = ServiceName.parse(text);
  if (name === undefined) throw new ThemisError('THEMIS_NAME_INVALID', text.slice(0, 100));
  return name;
}

function identityPaths(folder: string): IdentityPaths {
  return { folder, identity: join(folder, 'identity.json'), recovery: join(folder, 'recovery.json') };
}
