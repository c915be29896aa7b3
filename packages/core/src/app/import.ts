import { digest, object, optional, type Shape } from '../encoding/shape.ts';
import type { EventPoint } from '../identity/history.ts';
import { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { holdToAnchor, type Anchor } from './anchor.ts';
import type { AppState } from './app-state.ts';
import { eventPoint } from './member.ts';
import { ServiceName } from './name.ts';
import { compareSequences, sequenceShape, type Sequence } from './sequence.ts';

/** Another app whose members this one knows, under a name of its own choice. */
export interface Import {
  readonly alias: ServiceName;
  readonly app: IdentityId;
  /** The least event of that app that is still believed: pinned with the import, and raised after a theft. */
  readonly min: EventPoint;
  /** The least charter of it that is still believed, where one was pinned: who has seen none yet believes none before it. */
  readonly charter?: CharterPoint;
}

/** One charter, by its place and its digest. */
export interface CharterPoint {
  readonly sequence: Sequence;
  readonly digest: string;
}

export const importShape: Shape<Import> = object<Import>({
  alias: ServiceName.shape,
  app: IdentityId.shape,
  min: eventPoint,
  charter: optional(object<CharterPoint>({ sequence: sequenceShape, digest })),
});

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

/** Whether the second pins less than the first, or something that contradicts it. */
export function lowersImport(before: Import, after: Import): boolean {
  if (after.min.seq < before.min.seq) return true;
  if (after.min.seq === before.min.seq && after.min.digest !== before.min.digest) return true;
  if (before.charter === undefined) return false;
  if (after.charter === undefined) return true;
  const order = compareSequences(after.charter.sequence, before.charter.sequence);
  return order < 0 || (order === 0 && after.charter.digest !== before.charter.digest);
}
