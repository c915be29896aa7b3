import { ALT_NAME_CASES } from './invalid-alt-names.ts';
import { ENCODING_CASES } from './invalid-encoding.ts';
import { EXTENSION_CASES } from './invalid-extensions.ts';
import { HISTORY_CASES } from './invalid-history.ts';
import type { InvalidCase, Presentation } from './invalid-case.ts';
import { KEY_CASES } from './invalid-keys.ts';
import { OUTLINE_CASES } from './invalid-outline.ts';
import { SUBJECT_CASES } from './invalid-subjects.ts';

/** The cases by what the defect is in. */
export const CASES_BY_PART: Readonly<Record<string, readonly InvalidCase[]>> = {
  encoding: ENCODING_CASES,
  outline: OUTLINE_CASES,
  keys: KEY_CASES,
  extensions: EXTENSION_CASES,
  'alt-names': ALT_NAME_CASES,
  subjects: SUBJECT_CASES,
  history: HISTORY_CASES,
};

/**
 * Every chain that is refused, each a valid one but for one defect.
 *
 * `present(world)` gives the chain, the code that it is refused with, and the leaf's private key: for the verifier here,
 * and for real sockets elsewhere.
 */
export const INVALID_CASES: readonly InvalidCase[] = Object.values(CASES_BY_PART).flat();

/** The private key of the leaf that is presented, as TLS libraries take it. */
export function leafKeyPem({ leafKey }: Presentation): string {
  return leafKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
