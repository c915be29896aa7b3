import type { PlacedContact } from '../contact.ts';

/** What a lookup knows of a node that it was told of. It goes from left to right; `late` may still become `answered`. */
export type CandidateState = 'waiting' | 'asked' | 'late' | 'answered' | 'failed';

export interface Candidate {
  readonly contact: PlacedContact;
  /** The path that was told of it first, and which alone asks it. */
  readonly path: number;
  state: CandidateState;
}

/** One node at one address: a liar that names a node with a false address shall not hide it from the other paths. */
export function nameOfCandidate({ name, address }: PlacedContact): string {
  return `${name} ${address.host} ${address.port}`;
}
