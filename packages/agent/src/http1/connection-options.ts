import { foldName } from '../http/fields.ts';
import { DECISIVE, KIND } from './field-name.ts';
import { countOfKind, listOfKind, valueOfKind, type FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';

/**
 * What `Connection` says, in lower case (RFC 9110 section 7.6.1).
 *
 * @throws HttpFault where it names what decides the meaning of the message, to make the next hop not see it
 */
export function connectionOptions(section: FieldSection): readonly string[] {
  if ((section.seen & KIND.connection) === 0) return NONE;
  // What nearly all senders say, and say every time.
  const value = valueOfKind(section, KIND.connection);
  if (value === 'keep-alive' && countOfKind(section, KIND.connection) === 1) return KEEP_ALIVE;
  const options = listOfKind(section, KIND.connection);
  const decisive = options.find((option) => DECISIVE.has(foldName(option)));
  if (decisive !== undefined) throw new HttpFault('connection-option', `Connection names ${decisive.slice(0, 100)}`);
  return options;
}

const NONE: readonly string[] = Object.freeze([]);
const KEEP_ALIVE: readonly string[] = Object.freeze(['keep-alive']);
