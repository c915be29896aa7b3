import { compareHistories } from '../identity/compare.ts';
import { MAX_HISTORY_BYTES } from '../identity/events.ts';
import { History } from '../identity/history.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { bundleBytes, readBundle } from '../statement/bundle.ts';
import { Charter } from './charter.ts';
import { compareSequences, showSequence } from './sequence.ts';

/**
 * An app as a peer believes it: its history, and the charter signed under the last event of it. The two are published and taken
 * as one.
 */
export interface AppState {
  readonly history: History;
  readonly charter: Charter;
}

/** The most bytes that the wire form of an {@link AppState} may take: a charter of 1 MiB, and a history. */
export const MAX_APP_STATE_BYTES = 1_114_112;

/** Reads and verifies the wire form of an {@link AppState}: `{"charter": JWS, "history": [JWS…]}` in RFC 8785 form. */
export function readAppState(bytes: Uint8Array, now: number): Verdict<AppState> {
  const bundle = readBundle('charter', bytes, { maxBytes: MAX_APP_STATE_BYTES, maxHistoryBytes: MAX_HISTORY_BYTES });
  if (!bundle.ok) return bundle;
  const history = History.verify(bundle.value.history);
  if (!history.ok) return history;
  const charter = Charter.verify(bundle.value.statement, history.value, now);
  if (!charter.ok) return charter;
  if (charter.value.claims.key !== history.value.seq) {
    return refuse('charter-key-sequence', `${charter.value.claims.key}, the history has ${history.value.seq}`);
  }
  return accept({ history: history.value, charter: charter.value });
}

export function appStateBytes(state: AppState): Uint8Array {
  return bundleBytes('charter', { statement: state.charter.statement.bytes, history: state.history.wires });
}

/** Whether a peer that holds one state of an app may go on to another. */
export function advanceApp(held: AppState, next: AppState): Verdict<'same' | 'newer'> {
  if (held.history.id !== next.history.id) return refuse('charter-other-app', next.history.id);
  switch (compareHistories(held.history, next.history)) {
    case 'forks':
      return refuse('history-forked', `event ${Math.min(held.history.seq, next.history.seq)} of the app`);
    case 'precedes':
      return refuse(
        'charter-rolled-back',
        `${showSequence(next.charter.sequence)}, held is ${showSequence(held.charter.sequence)}`,
      );
    case 'extends':
      return accept('newer');
    case 'same':
      return advanceCharter(held.charter, next.charter);
  }
}

function advanceCharter(held: Charter, next: Charter): Verdict<'same' | 'newer'> {
  const order = compareSequences(next.sequence, held.sequence);
  if (order < 0) return refuse('charter-rolled-back', `${showSequence(next.sequence)}, held is ${showSequence(held.sequence)}`);
  if (order === 0) {
    return next.digest === held.digest ? accept('same') : refuse('charter-forked', showSequence(next.sequence));
  }
  if (next.claims.seq === held.claims.seq + 1 && next.claims.prev !== held.digest) {
    return refuse('charter-link', showSequence(next.sequence));
  }
  return accept('newer');
}
