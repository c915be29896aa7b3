import { printable } from '@themis-mesh/core';

/** What can be wrong with a message, and with which status a request that has it is answered (RFC 9110 section 15). */
export const HTTP_FAULTS = {
  'http2-preface': 505,
  version: 505,
  'start-line': 400,
  'start-line-long': 414,
  method: 501,
  target: 400,
  'target-form': 400,
  connect: 405,
  'status-line': 400,
  'bare-line-end': 400,
  'control-character': 400,
  'head-long': 431,
  'fields-many': 431,
  'line-folded': 400,
  'field-line': 400,
  'field-name': 400,
  'field-name-space': 400,
  'field-disguised': 400,
  'host-missing': 400,
  'host-twice': 400,
  host: 400,
  'framing-twice': 400,
  'content-length': 400,
  'transfer-coding': 501,
  'transfer-coding-old': 400,
  'connection-option': 400,
  expectation: 417,
  'chunk-size': 400,
  'chunk-extension': 400,
  'chunk-end': 400,
  'cut-off': 400,
  unsolicited: 400,
  'switch-unasked': 400,
  block: 400,
} as const;

export type HttpFaultCode = keyof typeof HTTP_FAULTS;

/**
 * Says why a message is not taken. Its parsers hand it to their handlers; what reads or writes a whole head throws it.
 *
 * `status` is for the answer to a request; a response that has a fault is a bad gateway's, whatever the fault.
 */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly code: HttpFaultCode;
  readonly status: number;
  /** For a log or an answer: control characters escaped, at most 300 characters. */
  readonly detail: string;

  constructor(code: HttpFaultCode, detail: string) {
    const shown = printable(detail);
    super(`${code}: ${shown}`);
    this.code = code;
    this.status = HTTP_FAULTS[code];
    this.detail = shown;
  }
}
