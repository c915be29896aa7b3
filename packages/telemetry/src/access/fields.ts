import { PROTOCOLS } from '../metrics/labels.ts';

/** A field of a line of the access log. */
export interface AccessField {
  readonly type: 'text' | 'number' | 'time' | 'true';
  readonly meaning: string;
  /** Where it is left out; undefined for a field of every line. */
  readonly absent?: string;
}

export type AccessFieldName =
  | 'time'
  | 'direction'
  | 'caller'
  | 'callerId'
  | 'service'
  | 'instance'
  | 'protocol'
  | 'method'
  | 'path'
  | 'status'
  | 'grpc_status'
  | 'refusal'
  | 'policy'
  | 'rule'
  | 'audit'
  | 'duration_ms'
  | 'bytes_in'
  | 'bytes_out'
  | 'port'
  | 'remote'
  | 'retries'
  | 'request_id'
  | 'traceparent'
  | 'dropped';

const OF_RAW = 'of a raw connection';

/** Every field, in the order of a line. */
export const ACCESS_FIELDS: Readonly<Record<AccessFieldName, AccessField>> = {
  time: { type: 'time', meaning: 'When it ended, in UTC with milliseconds' },
  direction: {
    type: 'text',
    meaning: '`inbound`: somebody asked this member; `outbound`: it asked',
    absent: 'where `dropped` is',
  },
  caller: { type: 'text', meaning: 'The service that asked, by its name here', absent: 'where it has none' },
  callerId: { type: 'text', meaning: 'Its ID', absent: 'where nobody was proved' },
  service: { type: 'text', meaning: 'The service that was asked', absent: 'where `dropped` is' },
  instance: { type: 'text', meaning: 'The instance of it', absent: 'where none was reached' },
  protocol: {
    type: 'text',
    meaning: `What was spoken: ${PROTOCOLS.map((name) => `\`${name}\``).join(', ')}`,
    absent: 'of a handshake',
  },
  method: { type: 'text', meaning: 'The method', absent: OF_RAW },
  path: { type: 'text', meaning: 'The path; its query too where that is asked for', absent: OF_RAW },
  status: {
    type: 'number',
    meaning: 'The status of the answer; of gRPC the one of HTTP that says the same as its own',
    absent: 'where there was none',
  },
  grpc_status: { type: 'number', meaning: 'The status of gRPC: 0 is OK (google/rpc/code.proto)', absent: 'of all else' },
  refusal: { type: 'text', meaning: 'Why it was refused or failed: a code of errors.md', absent: 'where it was not' },
  policy: { type: 'text', meaning: 'The policy that decided', absent: 'where none is known' },
  rule: { type: 'text', meaning: 'The rule of it', absent: 'where none is known' },
  audit: { type: 'true', meaning: 'The policy only audits, and would have refused', absent: 'else' },
  duration_ms: { type: 'number', meaning: 'From the head of the request to the end of the answer', absent: 'where `dropped` is' },
  bytes_in: {
    type: 'number',
    meaning: 'Bytes of the body that the callee took; where it was chunked, with its framing',
    absent: 'of none',
  },
  bytes_out: {
    type: 'number',
    meaning: 'Bytes of the body that the callee gave; where it was chunked, with its framing',
    absent: 'of none',
  },
  port: { type: 'number', meaning: "The callee's port", absent: 'where it is not known' },
  remote: { type: 'text', meaning: "The caller's address", absent: 'unless nobody was proved' },
  retries: { type: 'number', meaning: 'Tries after the first', absent: 'of none' },
  request_id: { type: 'text', meaning: 'What `x-request-id` says', absent: 'where it says none, or no plain one' },
  traceparent: { type: 'text', meaning: 'The trace (W3C Trace Context)', absent: 'where there is none' },
  dropped: { type: 'number', meaning: 'How many lines before this one were lost', absent: 'of a request' },
};
