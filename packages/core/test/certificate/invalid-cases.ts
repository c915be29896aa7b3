import { ALT_NAME_CASES } from './invalid-alt-names.ts';
import { ENCODING_CASES } from './invalid-encoding.ts';
import { EXTENSION_CASES } from './invalid-extensions.ts';
import { HISTORY_CASES } from './invalid-history.ts';
import type { InvalidCase, Presentation } from './invalid-case.ts';
import { KEY_CASES } from './invalid-keys.ts';
import { OUTLINE_CASES } from './invalid-outline.ts';
import { SUBJECT_CASES } from './invalid-subjects.ts';

/**
 * Every chain that is refused, each a valid one but for one defect.
 *
 * `present(world)` gives the chain, the code that it is refused with, and the leaf's private key: for the verifier here,
 * and for real sockets elsewhere.
 */
export const INVALID_CASES: readonly InvalidCase[] = [
  ...ENCODING_CASES,
  ...OUTLINE_CASES,
  ...KEY_CASES,
  ...EXTENSION_CASES,
  ...ALT_NAME_CASES,
  ...SUBJECT_CASES,
  ...HISTORY_CASES,
];

/** The private key of the leaf that is presented, as TLS libraries take it. */
export function leafKeyPem({ leafKey }: Presentation): string {
  return leafKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
