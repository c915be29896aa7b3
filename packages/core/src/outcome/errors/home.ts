/** The home, and the identities in it. */
export const HOME_ERRORS = {
  THEMIS_HOME_MISSING: {
    summary: 'There is no Themis home',
    remedy: 'Run `themis init` to make one, or point THEMIS_HOME at the one to use.',
    retryable: false,
  },
  THEMIS_HOME_EXISTS: {
    summary: 'The Themis home is already in use',
    remedy: 'Use the app that is there, or point THEMIS_HOME at another, empty folder.',
    retryable: false,
  },
  THEMIS_HOME_FOREIGN: {
    summary: 'The Themis home belongs to another app',
    remedy: 'Point THEMIS_HOME at the home of the app that is meant, or at a folder of its own.',
    retryable: false,
  },
  THEMIS_IDENTITY_EXISTS: {
    summary: 'The identity is already there and is not overwritten',
    remedy: 'Use it, choose another name, or move its folder away first: its keys cannot be made again.',
    retryable: false,
  },
  THEMIS_IDENTITY_MISSING: {
    summary: 'There is no such identity in the Themis home',
    remedy: 'Run `themis status` to see what is there; `themis add NAME` or `themis join NAME` makes one.',
    retryable: false,
  },
  THEMIS_IDENTITY_KEYS: {
    summary: 'The keys in the file are not those of the history beside them',
    remedy: 'Restore the file from a backup, or rotate the identity with its recovery keys.',
    retryable: false,
  },
  THEMIS_OWNER_MISSING: {
    summary: "This home does not hold the keys of the app's owner",
    remedy: 'Do it in the home where the app was made with `themis init`; on other machines `themis join` asks for it by a file.',
    retryable: false,
  },
  THEMIS_RECOVERY_MISSING: {
    summary: 'The recovery keys that the identity committed to are not there',
    remedy: 'Name the file that holds them with --recovery PATH. Without them an identity cannot change its keys.',
    retryable: false,
  },
  THEMIS_HISTORY_FULL: {
    summary: 'The identity has had all the rotations that it can have',
    remedy: 'Make a new identity, admit it under the same name, and retire this one.',
    retryable: false,
  },
} as const;
