import { compareHistories, historyBytes, shape, type History, type Json, type SeenHistories } from '@themis-mesh/core';
import { RememberedFolder, type RememberedKind, type RememberedOptions } from './remembered-folder.ts';
import { readState, type StateKind } from './state-file.ts';
import { eventsJson, eventsShape, storedHistory } from './stored-history.ts';

interface Body {
  readonly v: 1;
  readonly history: readonly Json[];
}

const FILE: StateKind<Body> = {
  secret: false,
  maxBytes: 1_179_648,
  shape: shape.object<Body>({ v: shape.literal(1), history: eventsShape }),
};

const KIND: RememberedKind<History> = {
  kind: 'history',
  forked: 'history-forked',
  idOf: (history) => history.id,
  compare: compareHistories,
  wire: historyBytes,
  body: (history) => ({ v: 1, history: eventsJson(history) }),
  async read(path) {
    const body = await readState(path, FILE);
    return body === undefined ? undefined : storedHistory(path, body.history);
  },
};

/** Of each identity the furthest history seen, in `<folder>/<id>.json`: so that nobody is rolled back after a restart. */
export class StoredHistories extends RememberedFolder<History> implements SeenHistories {
  static async open(folder: string, options: RememberedOptions): Promise<StoredHistories> {
    return new StoredHistories(folder, KIND, options, await RememberedFolder.load(folder, KIND));
  }
}
