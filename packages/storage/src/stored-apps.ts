import {
  advanceApp,
  appStateBytes,
  canonicalJson,
  jwsJson,
  readAppState,
  shape,
  ThemisError,
  type AppState,
  type Json,
  type HistoryComparison,
} from '@themis-mesh/core';
import { RememberedFolder, type RememberedKind, type RememberedOptions } from './remembered-folder.ts';
import { anyJson, readState, type StateKind } from './state-file.ts';
import { eventsJson, eventsShape } from './stored-history.ts';

interface Body {
  readonly v: 1;
  readonly charter: Json;
  readonly history: readonly Json[];
}

const FILE: StateKind<Body> = {
  secret: false,
  maxBytes: 2_228_224,
  shape: shape.object<Body>({ v: shape.literal(1), charter: anyJson, history: eventsShape }),
};

const KIND: RememberedKind<AppState> = {
  kind: 'charter',
  forked: 'charter-forked',
  idOf: (app) => app.history.id,
  compare: compareApps,
  wire: appStateBytes,
  body: (app) => ({ v: 1, charter: jwsJson(app.charter.statement.bytes), history: eventsJson(app.history) }),
  async read(path) {
    const body = await readState(path, FILE);
    return body === undefined ? undefined : readApp(path, body);
  },
};

/** Of each app the furthest history and charter seen, in `<folder>/<id>.json`. */
export class StoredApps extends RememberedFolder<AppState> {
  static async open(folder: string, options: RememberedOptions): Promise<StoredApps> {
    return new StoredApps(folder, KIND, options, await RememberedFolder.load(folder, KIND));
  }
}

function compareApps(remembered: AppState, presented: AppState): HistoryComparison {
  const advance = advanceApp(remembered, presented);
  if (advance.ok) return advance.value === 'newer' ? 'extends' : 'same';
  return advance.refusal.code === 'charter-rolled-back' ? 'precedes' : 'forks';
}

function readApp(path: string, { charter, history }: Body): AppState {
  // Its date was judged when it was first seen. A clock set back since then must not make the memory unreadable.
  const app = readAppState(Buffer.from(canonicalJson({ charter, history })), Infinity);
  if (app.ok) return app.value;
  const { refusal } = app;
  throw new ThemisError('THEMIS_FILE_MALFORMED', `${path}: ${refusal.code} (${refusal.detail})`, { refusal });
}
