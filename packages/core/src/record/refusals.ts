/** Why a directory record is not believed or not stored. */
export const RECORD_REFUSALS = {
  'record-key': 'The record is kept under a key that is not its own.',
  'record-other-app': 'The record is of another app.',
  'record-expired': 'The record has ended.',
  'record-future': 'The record is dated more than 60 seconds ahead.',
  'record-life': 'The record lives longer than its kind may.',
  'record-rolled-back': 'A newer record is already held.',
  'record-forked': 'Another record with the same sequence is already held.',
  'record-leaf': 'The leaf in the record is not of the instance that the record names.',
  'record-quota': 'The directory keeps no more records of that kind for the identity.',
  'record-address': 'An address is not a plain host and port that a peer may dial.',
} as const;
