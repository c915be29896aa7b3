import { canonicalJson } from '../encoding/canonical-json.ts';
import { readCanonical } from '../encoding/read-canonical.ts';
import { refuse, type Verdict } from '../outcome/verdict.ts';
import { jwsBytes, jwsJson } from '../statement/bundle.ts';
import { MAX_HISTORY_BYTES } from './events.ts';
import { History } from './history.ts';

/** A history as one file or record: the RFC 8785 form of an array of its events. */
export function historyBytes(history: History): Uint8Array {
  return Buffer.from(canonicalJson(history.wires.map(jwsJson)));
}

export function readHistory(bytes: Uint8Array): Verdict<History> {
  if (bytes.length > MAX_HISTORY_BYTES)
    return refuse('statement-too-large', `${bytes.length} bytes, a history has at most ${MAX_HISTORY_BYTES}`);
  const json = readCanonical(bytes, 'a history');
  if (!json.ok) return json;
  if (!Array.isArray(json.value)) return refuse('statement-shape', 'a history must be an array of events');
  return History.verify(json.value.map(jwsBytes));
}
