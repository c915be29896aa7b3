/** Files of keys, and how they are sealed. */
export const KEY_ERRORS = {
  THEMIS_KEY_FILE_READABLE: {
    summary: 'A file with secrets is open to other users',
    remedy: 'Run `chmod 600` on it. If others may have read it, rotate the identity.',
    retryable: false,
  },
  THEMIS_KEY_FILE_OWNER: {
    summary: 'A file with secrets belongs to another user',
    remedy: 'Run as the user that owns it, or give it to the right one with `chown`.',
    retryable: false,
  },
  THEMIS_KEY_FILE_SYMLINK: {
    summary: 'A file with secrets is a symbolic link',
    remedy: 'Put the file itself there, or name the path that the link leads to.',
    retryable: false,
  },
  THEMIS_KEY_FILE_LINKED: {
    summary: 'A file with secrets has more than one name',
    remedy: 'Remove the other hard link, or copy the file and put the copy in its place.',
    retryable: false,
  },
  THEMIS_KEY_FOLDER_OPEN: {
    summary: 'A folder of secrets is open to other users',
    remedy: 'Run `chmod 700` on it.',
    retryable: false,
  },
  THEMIS_KEY_FOLDER_OWNER: {
    summary: 'A folder of secrets belongs to another user',
    remedy: 'Run as the user that owns it, or give it to the right one with `chown`.',
    retryable: false,
  },
  THEMIS_KEY_FOLDER_KIND: {
    summary: 'The place of a folder of secrets is taken by something else',
    remedy: 'Remove the file or the symbolic link that is there.',
    retryable: false,
  },
  THEMIS_KEYS_MALFORMED: {
    summary: 'Sealed keys are damaged or not of a known form',
    remedy: 'Restore the file from a backup, or rotate the identity with its recovery keys.',
    retryable: false,
  },
  THEMIS_PASSPHRASE_MISSING: {
    summary: 'The keys are sealed and no passphrase is given',
    remedy: 'Name the file that holds the passphrase in THEMIS_PASSPHRASE_FILE.',
    retryable: false,
  },
  THEMIS_PASSPHRASE_WRONG: {
    summary: 'The passphrase does not open the keys, or they were changed',
    remedy: 'Check the file that THEMIS_PASSPHRASE_FILE names. If it is right, restore the keys from a backup.',
    retryable: false,
  },
  THEMIS_PASSPHRASE_INVALID: {
    summary: 'The passphrase file holds no passphrase',
    remedy: 'Put 8 to 1024 bytes on its first line and nothing behind that line.',
    retryable: false,
  },
} as const;
