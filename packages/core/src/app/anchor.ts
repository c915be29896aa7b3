import type { Json } from '../encoding/canonical-json.ts';
import { digest, integer, object, optional, type Shape } from '../encoding/shape.ts';
import { MAX_EVENTS } from '../identity/events.ts';
import { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { AppState } from './app-state.ts';
import { compareSequences, sequenceShape, showSequence, type Sequence } from './sequence.ts';

/** What one pins of an app: its ID, and how far it had come then. With the ID alone the first state seen is believed. */
export interface Anchor {
  readonly app: IdentityId;
  readonly checkpoint?: Checkpoint;
}

/** The floor below which nothing of an app is believed. */
export interface Checkpoint {
  /** The app's key sequence. */
  readonly key: number;
  /** The digest of that event. */
  readonly event: string;
  readonly charter: Sequence;
  /** The digest of that charter. */
  readonly digest: string;
}

export const anchorShape: Shape<Anchor> = object<Anchor>({
  app: IdentityId.shape,
  checkpoint: optional(object<Checkpoint>({ key: integer(0, MAX_EVENTS - 1), event: digest, charter: sequenceShape, digest })),
});

export function anchorJson({ app, checkpoint }: Anchor): Json {
  if (checkpoint === undefined) return { app };
  const { key, event, charter, digest } = checkpoint;
  return { app, checkpoint: { key, event, charter: [...charter], digest } };
}

/** An anchor at the state that an app has now. */
export function anchorOf({ history, charter }: AppState): Anchor {
  const { seq, digest } = history.point;
  return { app: history.id, checkpoint: { key: seq, event: digest, charter: charter.sequence, digest: charter.digest } };
}

/** Whether a state is of the app that was pinned, and not behind the point at which it was. */
export function holdToAnchor(state: AppState, { app, checkpoint }: Anchor): Verdict<AppState> {
  const { history, charter } = state;
  if (history.id !== app) return refuse('charter-other-app', history.id);
  if (checkpoint === undefined) return accept(state);
  const { key, event } = checkpoint;
  if (history.seq < key) return refuse('history-behind-checkpoint', `event ${history.seq}, pinned is ${key}`);
  if (!history.holds({ seq: key, digest: event })) return refuse('history-off-checkpoint', `event ${key}`);
  const order = compareSequences(charter.sequence, checkpoint.charter);
  if (order < 0)
    return refuse('charter-rolled-back', `${showSequence(charter.sequence)}, pinned is ${showSequence(checkpoint.charter)}`);
  if (order === 0 && charter.digest !== checkpoint.digest) return refuse('charter-digest', showSequence(charter.sequence));
  return accept(state);
}
