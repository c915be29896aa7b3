import { ThemisError, Trust, type IdentityId, type Refusal, type ServiceName } from '@themis-mesh/core';
import {
  DirectoryReader,
  openFileDirectory,
  RecordVerifier,
  type Directory,
  type DirectoryAddress,
  type ReaderOptions,
} from '@themis-mesh/directory';
import { Home, isDirectoryAddress, StoredApps, StoredFloors, StoredHistories } from '@themis-mesh/storage';
import type { Announcer } from './announcer.ts';
import { environmentSealing } from './environment.ts';
import type { NodeLinks } from './nodes/node-links.ts';
import { openNodes } from './nodes/open-nodes.ts';
import type { ResolvedOptions } from './read-options.ts';
import { firstState } from './world/first-state.ts';
import { OwnIdentity } from './world/own-identity.ts';

/** What a process stands on: its own keys, what it believes of its app, and where it hears of what is new. */
export interface Ground extends AsyncDisposable {
  readonly app: IdentityId;
  readonly identity: OwnIdentity;
  readonly trust: Trust;
  readonly directory: Directory;
  /** The links to the directory's nodes, where it has such: they lead nowhere until the process has channels. */
  readonly nodeLinks: NodeLinks | undefined;
  /** Reads what is of the own app. */
  readonly reader: DirectoryReader;
  /** Reads what is of one app. */
  readonly readerOf: (app: IdentityId) => DirectoryReader;
  /** Writes down the app's state that is believed now. */
  rememberApp(): void;
}

/**
 * Opens the home and the directory. What was seen before is the floor of what is believed.
 *
 * @throws ThemisError as `join` does
 */
export async function openGround(options: ResolvedOptions, announcer: Announcer): Promise<Ground> {
  const { home, app: file } = await Home.openApp(options.home);
  await using opened = new AsyncDisposableStack();
  const remembered = {
    alarms: home.alarms,
    onTrouble: (error: ThemisError): void => {
      if (error.refusal === undefined) announcer.tell('state-failed', { error });
      else announcer.tell('alarm', { refusal: error.refusal });
    },
  };
  const { anchor, directory: shared, nodes: named } = file;
  const [identity, seen, apps] = await Promise.all([
    openIdentity(home, options.name, anchor.app),
    StoredHistories.open(home.seen, remembered),
    StoredApps.open(home.apps, remembered),
  ]);
  opened.use(seen);
  opened.use(apps);
  // Charters and histories are remembered by those two.
  const floors = opened.use(new StoredFloors(home.floors, { ...remembered, kinds: ['service'] }));
  const now = (): number => Math.floor(options.clock.now() / 1000);
  const alarm = (refusal: Refusal): void => {
    // What is merely no good is passed over; what contradicts was signed twice.
    if (refusal.code.endsWith('-forked')) announcer.tell('alarm', { refusal });
  };
  // What the directory of this process verified need not be verified again by who reads it: that is the same code.
  const verifier = new RecordVerifier();
  const { clock, nodes = named ?? [] } = options;
  const isOfNodes = options.directory === undefined && nodes.length > 0;
  const asked = { nodes, remembered: (id: IdentityId) => seen.get(id), clock, verifier, onRefused: alarm };
  const found = isOfNodes ? await openNodes(asked) : undefined;
  const own = { alarms: home.alarms, app: anchor.app, now, verifier };
  const directory =
    options.directory ?? opened.use(found?.directory ?? (await openDirectory(shared ?? home.directory, own, options)));
  const readerOf = readers((app) => ({
    directory,
    verifier,
    app,
    remembered: (id) => seen.get(id),
    now,
    floors,
    onRefused: (_, refusal) => alarm(refusal),
  }));
  const reader = readerOf(anchor.app);
  const app = await firstState(anchor, apps.get(anchor.app), reader);
  apps.remember(app);
  // What departs from the history remembered is not remembered, but kept with it as proof.
  const trust = new Trust({
    app,
    seen,
    seenApps: apps,
    strict: options.strict,
    onFork: (_, presented) => seen.remember(presented),
  });
  const rest = opened.move();
  return {
    app: anchor.app,
    identity,
    trust,
    directory,
    nodeLinks: found?.links,
    reader,
    readerOf,
    rememberApp: () => apps.remember(trust.app),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** @param place a folder, or an address. @throws ThemisError THEMIS_DIRECTORY_ELSEWHERE */
async function openDirectory(
  place: string,
  { verifier, ...own }: Omit<DirectoryAddress, 'address'> & { readonly verifier: RecordVerifier },
  options: ResolvedOptions,
): Promise<Directory> {
  if (!isDirectoryAddress(place)) return openFileDirectory({ folder: place, verifier, ...own });
  if (options.openDirectory === undefined) throw new ThemisError('THEMIS_DIRECTORY_ELSEWHERE', place);
  return options.openDirectory({ address: place, ...own });
}

async function openIdentity(home: Home, name: ServiceName, app: IdentityId): Promise<OwnIdentity> {
  return OwnIdentity.open(home.service(name).identity, name, app, await environmentSealing());
}

/** One reader for each app that is asked for: what one owner signs is believed of that owner's app only. */
function readers(optionsFor: (app: IdentityId) => ReaderOptions): (app: IdentityId) => DirectoryReader {
  const made = new Map<IdentityId, DirectoryReader>();
  return (app) => {
    const reader = made.get(app) ?? new DirectoryReader(optionsFor(app));
    made.set(app, reader);
    return reader;
  };
}
