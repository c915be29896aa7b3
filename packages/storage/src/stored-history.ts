import { History, jwsBytes, jwsJson, MAX_EVENTS, shape, ThemisError, type Json } from '@themis-mesh/core';
import { anyJson } from './state-file.ts';

/** A history inside a file of state: its events as values, to be verified by {@link storedHistory}. */
export const eventsShape: shape.Shape<readonly Json[]> = shape.array(anyJson, { min: 1, max: MAX_EVENTS });

export function eventsJson(history: History): readonly Json[] {
  return history.wires.map(jwsJson);
}

/**
 * Verifies on each load: what lies on a disk is believed for its signatures, not for where it lies.
 *
 * @throws ThemisError THEMIS_FILE_MALFORMED with the refusal
 */
export function storedHistory(path: string, events: readonly Json[]): History {
  const history = History.verify(events.map(jwsBytes));
  if (history.ok) return history.value;
  const { refusal } = history;
  throw new ThemisError('THEMIS_FILE_MALFORMED', `${path}: ${refusal.code} (${refusal.detail})`, { refusal });
}
