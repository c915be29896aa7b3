import { anchorJson, anchorShape, ServiceName, shape, ThemisError, type Anchor } from '@themis-mesh/core';
import { createAtomically, writeAtomically } from './atomic-file.ts';
import { directoryPlace } from './directory-place.ts';
import { withLock } from './lock.ts';
import { readState, stateBytes, type StateKind } from './state-file.ts';

/** Which app a home is for. Nothing in it is secret. */
export interface AppFile {
  /** What people here call the app. */
  readonly name?: ServiceName;
  readonly anchor: Anchor;
  /** The folder of the directory, by its full path, or its address, where it is not in the home: so that others share it. */
  readonly directory?: string;
  /** The nodes of the directory, where it is not a folder: addresses, or URLs. */
  readonly nodes?: readonly string[];
}

interface Body extends AppFile {
  readonly v: 1;
}

const KIND: StateKind<Body> = {
  secret: false,
  maxBytes: 16_384,
  shape: shape.object<Body>({
    v: shape.literal(1),
    name: shape.optional(ServiceName.shape),
    anchor: anchorShape,
    directory: shape.optional(shape.text(/^[^\0]{1,4096}$/, 'a path or an address')),
    nodes: shape.optional(shape.array(shape.text(/^[!-~]{1,300}$/, 'the address or URL of a node'), { min: 1, max: 64 })),
  }),
};

const MODE = 0o644;

/** @returns undefined where there is no such file */
export async function readAppFile(path: string): Promise<AppFile | undefined> {
  return readState(path, KIND);
}

/** @throws ThemisError THEMIS_HOME_EXISTS */
export async function createAppFile(path: string, app: AppFile): Promise<void> {
  if (!(await createAtomically(path, bytesOf(app), { mode: MODE }))) throw new ThemisError('THEMIS_HOME_EXISTS', path);
}

/** Moves the checkpoint on. The app stays the same. @throws ThemisError THEMIS_HOME_MISSING, THEMIS_HOME_FOREIGN */
export async function renewAnchor(path: string, anchor: Anchor): Promise<void> {
  await withLock(path, async () => {
    const app = await readAppFile(path);
    if (app === undefined) throw new ThemisError('THEMIS_HOME_MISSING', path);
    if (app.anchor.app !== anchor.app) throw new ThemisError('THEMIS_HOME_FOREIGN', `${path} is for ${app.anchor.app}`);
    await writeAtomically(path, bytesOf({ ...app, anchor }), { mode: MODE });
  });
}

/** Names another folder, or an address, as the directory of the home. @throws ThemisError THEMIS_HOME_MISSING */
export async function moveDirectory(path: string, folder: string): Promise<void> {
  await withLock(path, async () => {
    const app = await readAppFile(path);
    if (app === undefined) throw new ThemisError('THEMIS_HOME_MISSING', path);
    await writeAtomically(path, bytesOf({ ...app, directory: directoryPlace(folder) }), { mode: MODE });
  });
}

/** Names the nodes of the directory; none where it is a folder. @throws ThemisError THEMIS_HOME_MISSING */
export async function nameNodes(path: string, nodes: readonly string[]): Promise<void> {
  await withLock(path, async () => {
    const app = await readAppFile(path);
    if (app === undefined) throw new ThemisError('THEMIS_HOME_MISSING', path);
    const { nodes: _before, ...others } = app;
    await writeAtomically(path, bytesOf(nodes.length === 0 ? others : { ...others, nodes }), { mode: MODE });
  });
}

function bytesOf({ name, anchor, directory, nodes }: AppFile): Uint8Array {
  return stateBytes({
    v: 1,
    ...(name === undefined ? {} : { name }),
    anchor: anchorJson(anchor),
    ...(directory === undefined ? {} : { directory }),
    ...(nodes === undefined ? {} : { nodes }),
  });
}
