import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { holdToAnchor, type Anchor } from './anchor.ts';
import type { AppState } from './app-state.ts';
import type { Import } from './import.ts';
import type { ServiceName } from './name.ts';

/** Whether a state is of the app that is imported, and not behind what was pinned. */
export function holdToImport(state: AppState, { app, min, charter }: Import): Verdict<AppState> {
  const { history } = state;
  if (history.id !== app) return refuse('charter-other-app', history.id);
  if (history.seq < min.seq) return refuse('history-behind-checkpoint', `event ${history.seq}, pinned is ${min.seq}`);
  if (!history.holds(min)) return refuse('history-off-checkpoint', `event ${min.seq}`);
  if (charter === undefined) return accept(state);
  return holdToAnchor(state, {
    app,
    checkpoint: { key: min.seq, event: min.digest, charter: charter.sequence, digest: charter.digest },
  });
}

/** What a charter pins of an app, taken from its anchor. @returns undefined for an ID alone */
export function importOf(alias: ServiceName, { app, checkpoint }: Anchor): Import | undefined {
  if (checkpoint === undefined) return undefined;
  const { key, event, charter, digest: charterDigest } = checkpoint;
  return { alias, app, min: { seq: key, digest: event }, charter: { sequence: charter, digest: charterDigest } };
}
