import { object, type Shape } from '../encoding/shape.ts';
import type { EventPoint } from '../identity/history.ts';
import { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { AppState } from './app-state.ts';
import { eventPoint } from './member.ts';
import { ServiceName } from './name.ts';

/** Another app whose members this one knows, under a name of its own choice. */
export interface Import {
  readonly alias: ServiceName;
  readonly app: IdentityId;
  /** The least event of that app that is still believed: pinned with the import, and raised after a theft. */
  readonly min: EventPoint;
}

export const importShape: Shape<Import> = object<Import>({ alias: ServiceName.shape, app: IdentityId.shape, min: eventPoint });

/** Whether a state is of the app that is imported, and not behind the event that was pinned. */
export function holdToImport(state: AppState, { app, min }: Import): Verdict<AppState> {
  const { history } = state;
  if (history.id !== app) return refuse('charter-other-app', history.id);
  if (history.seq < min.seq) return refuse('history-behind-checkpoint', `event ${history.seq}, pinned is ${min.seq}`);
  return history.holds(min) ? accept(state) : refuse('history-off-checkpoint', `event ${min.seq}`);
}
