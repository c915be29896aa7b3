import type { shape } from '@themis-mesh/core';
import { findReplyShape, instancesReplyShape, storeReplyShape, watchReplyShape } from '../../src/wire/answers.ts';
import { faultShape } from '../../src/wire/fault.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import {
  findRequestShape,
  instancesRequestShape,
  storeRequestShape,
  watchRequestShape,
} from '../../src/wire/requests.ts';

/** The messages that `vectors/directory-http/README.md` names. */
export const MESSAGES: Readonly<Record<string, shape.Shape<unknown>>> = {
  'find-request': findRequestShape,
  'instances-request': instancesRequestShape,
  'store-request': storeRequestShape,
  'watch-request': watchRequestShape,
  'find-answer': findReplyShape,
  'instances-answer': instancesReplyShape,
  'store-answer': storeReplyShape,
  'watch-answer': watchReplyShape,
  fault: faultShape,
};

export function read(message: string, text: string): 'accepted' | 'refused' {
  const form = MESSAGES[message];
  if (form === undefined) throw new TypeError(message);
  return readMessage(Buffer.from(text), form).ok ? 'accepted' : 'refused';
}
