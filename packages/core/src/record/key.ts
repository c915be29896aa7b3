import type { IdentityId } from '../identity/id.ts';
import { MAX_APP_STATE_BYTES } from '../app/app-state.ts';
import { MAX_HISTORY_BYTES } from '../identity/events.ts';
import type { InstanceName } from '../identity/spiffe-id.ts';

/** Under what a record is kept. Every part of it stands in the signed bytes too, and is compared. */
export type RecordKey =
  | { readonly kind: 'history'; readonly id: IdentityId }
  /** An app's charter together with its history. */
  | { readonly kind: 'charter'; readonly id: IdentityId }
  /** What one timekeeper says of an app's charter. */
  | { readonly kind: 'head'; readonly id: IdentityId; readonly by: IdentityId }
  | { readonly kind: 'service'; readonly id: IdentityId }
  | { readonly kind: 'instance'; readonly id: IdentityId; readonly instance: InstanceName };

export type RecordKind = RecordKey['kind'];

/** A record as it is stored and carried: nothing in it is believed before it was verified. */
export interface SignedRecord {
  readonly key: RecordKey;
  readonly bytes: Uint8Array;
}

/** The most bytes that a record of each kind may take. */
export const MAX_RECORD_BYTES: Readonly<Record<RecordKind, number>> = {
  history: MAX_HISTORY_BYTES,
  charter: MAX_APP_STATE_BYTES,
  head: 8_192,
  service: 65_536,
  instance: 32_768,
};

/** A text that names the key and nothing else: letters, digits, `_`, `-`, `/` and `.` only. */
export function showRecordKey(key: RecordKey): string {
  switch (key.kind) {
    case 'history':
    case 'charter':
    case 'service':
      return `${key.kind}/${key.id}`;
    case 'head':
      return `head/${key.id}/${key.by}`;
    case 'instance':
      return `instance/${key.id}/${key.instance}`;
  }
}
