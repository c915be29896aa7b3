import { canonicalJson, parseCanonicalJson } from '../encoding/canonical-json.ts';
import { refuse, type Verdict } from '../outcome/verdict.ts';
import { jwsBytes, jwsJson } from '../statement/bundle.ts';
import { History } from './history.ts';

/** A history as one file or record: the RFC 8785 form of an array of its events. */
export function historyBytes(history: History): Uint8Array {
  return Buffer.from(canonicalJson(history.wires.map(jwsJson)));
}

export function readHistory(bytes: Uint8Array): Verdict<History> {
  const json = parseCanonicalJson(bytes);
  if (!Array.isArray(json)) return refuse('statement-not-canonical', 'not the RFC 8785 form of an array of events');
  return History.verify(json.map(jwsBytes));
}
