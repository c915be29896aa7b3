/**
 * What goes wrong for the person or program that uses Themis, as opposed to why a peer or a statement is refused
 * (those are the refusals). Codes are stable; `docs/reference/errors.md` is held against this table.
 *
 * `retryable`: the same call may succeed later with nothing changed by the user.
 */
export const ERRORS = {
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

  THEMIS_FILE_MISSING: {
    summary: 'A file is missing',
    remedy: 'Check the path, and that the file was not moved.',
    retryable: false,
  },
  THEMIS_FILE_DENIED: {
    summary: 'The operating system denies access to a file',
    remedy: 'Run as the user that owns the Themis home, and check the modes of the folders above the file.',
    retryable: false,
  },
  THEMIS_FILE_FAILED: {
    summary: 'A file could not be read or written',
    remedy: 'Check the disk and the file system that hold the Themis home.',
    retryable: true,
  },
  THEMIS_FILE_EXISTS: {
    summary: 'The file is already there and is not overwritten',
    remedy: 'Choose another path, or move the file away first.',
    retryable: false,
  },
  THEMIS_FILE_TOO_LARGE: {
    summary: 'A file is larger than its kind may be',
    remedy: 'It is not a file that Themis wrote. Restore it from a backup.',
    retryable: false,
  },
  THEMIS_FILE_MALFORMED: {
    summary: 'A file of state does not hold what it should',
    remedy: 'It was damaged or changed by hand. Restore it from a backup; Themis does not guess.',
    retryable: false,
  },
  THEMIS_FILE_NOT_REGULAR: {
    summary: 'A path is not a plain file',
    remedy: 'Put a plain file there, not a folder, a pipe, a socket or a device.',
    retryable: false,
  },
  THEMIS_DISK_FULL: {
    summary: 'The disk is full',
    remedy: 'Make room on the disk of the Themis home. Nothing was changed.',
    retryable: true,
  },
  THEMIS_LOCK_BUSY: {
    summary: 'Another process holds the lock for too long',
    remedy: 'Wait for it to end, or end it. A lock left by a process that died is taken over without help.',
    retryable: true,
  },

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

  THEMIS_HISTORY_FORKED: {
    summary: 'Two histories of one identity contradict each other',
    remedy: 'Somebody used a stolen recovery key. The first seen stays; the proof is in the alarms folder. Ask the owner.',
    retryable: false,
  },
  THEMIS_CHARTER_FORKED: {
    summary: 'Two charters of the app contradict each other',
    remedy: "Two copies of the owner's keys were used, or they were stolen. See the proof in the alarms folder.",
    retryable: false,
  },
  THEMIS_STATEMENT_REFUSED: {
    summary: 'A statement is not believed',
    remedy: 'See the reason, and get the statement anew from its owner.',
    retryable: false,
  },

  THEMIS_DIRECTORY_UNAVAILABLE: {
    summary: 'The directory does not answer',
    remedy: 'Check that it runs and can be reached. Services that know each other go on without it.',
    retryable: true,
  },
  THEMIS_RECORD_REFUSED: {
    summary: 'The directory refuses a record',
    remedy: 'See the reason. A newer record of the same instance or service may be there.',
    retryable: false,
  },
  THEMIS_NAME_UNKNOWN: {
    summary: 'The app has no service of that name',
    remedy:
      'Run `themis status` for the names there are; `themis add` or `themis admit` makes one, `themis import` knows another app.',
    retryable: false,
  },
  THEMIS_NAME_TAKEN: {
    summary: 'The name is taken by another identity',
    remedy: 'Choose another name, or remove the service that has it first: `themis remove NAME`.',
    retryable: false,
  },
  THEMIS_MEMBER_RENAMED: {
    summary: 'The identity is a member under another name',
    remedy: 'A member keeps its name. Make a new identity for the new name, and remove the old one.',
    retryable: false,
  },
  THEMIS_LABELS_INVALID: {
    summary: 'The labels are not valid',
    remedy: 'Give at most 16 as `name=value`: lowercase names, values of at most 63 letters, digits, `.`, `_` and `-`.',
    retryable: false,
  },
  THEMIS_ANCHOR_INVALID: {
    summary: 'That is no anchor of an app',
    remedy: "Name a file that `themis anchor` wrote on the owner's machine, or give the ID of the app: 52 characters.",
    retryable: false,
  },
  THEMIS_APP_FULL: {
    summary: 'The app has as many members or imports as a charter may name',
    remedy: 'Remove services and imports that are gone, or divide the app into several.',
    retryable: false,
  },
  THEMIS_APP_UNSEEN: {
    summary: 'Nothing was heard of the app yet',
    remedy: "Check that the directory is the one that the app is published in; of one's own app, `themis join --accept FILE`.",
    retryable: true,
  },
  THEMIS_NAME_INVALID: {
    summary: 'That is no name for a service',
    remedy: 'Use 1 to 40 lowercase letters, digits and hyphens, beginning and ending with a letter or a digit.',
    retryable: false,
  },
  THEMIS_IMPORT_TWICE: {
    summary: 'The app is imported already under another alias',
    remedy: 'Use that alias, or remove it first: `themis import --remove ALIAS`.',
    retryable: false,
  },
  THEMIS_IMPORT_OWN: {
    summary: 'An app does not import itself',
    remedy: "Give the anchor of the other app: `themis anchor` in that app's home prints it.",
    retryable: false,
  },
  THEMIS_IMPORT_UNKNOWN: {
    summary: 'The app imports no other app under that alias',
    remedy: 'Run `themis status` for the aliases there are.',
    retryable: false,
  },
  THEMIS_NO_INSTANCE: {
    summary: 'No running instance of the service is known',
    remedy: 'Start the service, and see `themis find NAME` for what the directory holds.',
    retryable: true,
  },

  THEMIS_PEER_REFUSED: {
    summary: 'The peer was refused',
    remedy: 'See the reason; `themis cert` shows what a peer presents and why it is or is not believed.',
    retryable: false,
  },
  THEMIS_REFUSED_BY_PEER: {
    summary: 'The peer refused us',
    remedy: 'See the reason: the peer may not know our membership yet, or its policy names others.',
    retryable: false,
  },
  THEMIS_CERTIFICATE_MISSING: {
    summary: 'There is no certificate in the file',
    remedy: 'Name a PEM file with a leaf and, behind it, its identity certificate.',
    retryable: false,
  },
  THEMIS_DIAL_FAILED: {
    summary: 'No connection could be made',
    remedy: 'Check that the service runs and that its address can be reached from here.',
    retryable: true,
  },
  THEMIS_HANDSHAKE_FAILED: {
    summary: 'The handshake failed',
    remedy: 'Check that a Themis service listens there, and not something else.',
    retryable: true,
  },
  THEMIS_HANDSHAKE_TIMEOUT: {
    summary: 'The handshake took too long',
    remedy: 'Check the network and the load of the peer.',
    retryable: true,
  },
  THEMIS_CONNECTION_LOST: {
    summary: 'The connection ended before its answer',
    remedy: 'The peer may have stopped. Whether it did what was asked is not known.',
    retryable: false,
  },
  THEMIS_ANSWER_MALFORMED: {
    summary: 'The answer is not valid HTTP',
    remedy: 'Look at what the service sends, and at anything between its program and the mesh that changes it.',
    retryable: false,
  },
  THEMIS_TRY_TIMEOUT: {
    summary: 'The service did not answer in time',
    remedy: 'Look at the service and its load. Whether it did what was asked is not known. `tryTimeoutMs` is the limit.',
    retryable: false,
  },
  THEMIS_DEADLINE_PASSED: {
    summary: 'The time that the caller gave is over',
    remedy:
      'Look at what took the time; the limit is `timeoutMs`, x-themis-deadline or grpc-timeout. What was done is not known.',
    retryable: false,
  },
  THEMIS_TOO_MANY_CALLS: {
    summary: 'Too many calls of the service are under way',
    remedy: 'Call it less at a time, see why it is slow, or raise `atOnce`. Nothing was sent.',
    retryable: true,
  },
  THEMIS_OVERLOADED: {
    summary: 'The instance takes no more requests for now',
    remedy: 'Run more instances, or raise `limits.underWay` where one can take more. Nothing was done.',
    retryable: true,
  },
  THEMIS_RATE_LIMITED: {
    summary: 'The caller asks more often than it may',
    remedy: 'Call it less often, or raise `limits.perCaller` or `limits.callers` of the service. Nothing was done.',
    retryable: true,
  },
  THEMIS_FAULT_INJECTED: {
    summary: 'The call was made to fail, as the configuration asks',
    remedy: 'Take the entry out of `faults` when the trial is over.',
    retryable: false,
  },
  THEMIS_TRAFFIC_INVALID: {
    summary: 'The traffic rules are not taken, and those before stay',
    remedy: 'Correct every part that is named; nothing of the update is in force until all of it is right.',
    retryable: false,
  },
  THEMIS_CLOCK_SKEW: {
    summary: 'The clocks of both sides differ by more than 60 seconds',
    remedy: 'Set the clock of the side that is wrong (NTP); `themis doctor` says which.',
    retryable: true,
  },
  THEMIS_CLOCK_BEHIND: {
    summary: 'The clock is behind what was signed before',
    remedy: 'Set the clock (NTP). If it was ahead when the last charter was signed, wait until that time is reached.',
    retryable: true,
  },
  THEMIS_TLS_UNSAFE: {
    summary: 'The environment weakens TLS',
    remedy: 'Remove NODE_TLS_REJECT_UNAUTHORIZED and TLS options that weaken it from the environment.',
    retryable: false,
  },

  THEMIS_CONFIG_INVALID: {
    summary: 'The configuration is not valid',
    remedy: 'Correct what is named. Nothing was started or changed.',
    retryable: false,
  },
  THEMIS_USAGE: {
    summary: 'The command cannot be understood',
    remedy: 'Add --help to the command: it says what it takes.',
    retryable: false,
  },
  THEMIS_PORT_IN_USE: {
    summary: 'The port is already in use',
    remedy: 'Choose another port, or stop the program that listens there.',
    retryable: false,
  },
  THEMIS_COMMAND_NOT_FOUND: {
    summary: 'The program to run was not found',
    remedy: 'Check its name and PATH; after `--` stands the command as in a shell.',
    retryable: false,
  },
  THEMIS_APP_SILENT: {
    summary: 'The program does not answer on its port',
    remedy: 'Check that it listens on the port given with --port, and how long it takes to start.',
    retryable: true,
  },
  THEMIS_APP_BROKE_OFF: {
    summary: 'The program did not answer, or broke off its answer',
    remedy: 'See the output of the program: it may have stopped, or have closed the connection.',
    retryable: false,
  },
  THEMIS_APP_GAVE_UP: {
    summary: 'A program ended again and again and is not started any more',
    remedy: 'See its last output, correct its command or its configuration, and start it again.',
    retryable: false,
  },
  THEMIS_ALREADY_RUNNING: {
    summary: 'It runs already for this Themis home',
    remedy: 'Use the one that runs, stop it first, or point THEMIS_HOME at another home.',
    retryable: false,
  },
  THEMIS_NOT_READY: {
    summary: 'The service is starting or stopping and takes no requests',
    remedy: 'Try again in a moment, or call another instance.',
    retryable: true,
  },
  THEMIS_REQUEST_REFUSED: {
    summary: 'The request could be read in more than one way, or is not for here',
    remedy: 'Correct what is named; the sidecar passes on only what has one meaning.',
    retryable: false,
  },
  THEMIS_REQUEST_DENIED: {
    summary: 'The policy of the service does not allow the request',
    remedy: 'Ask whoever owns the service; its log names the rule, and `themis policy explain` says why.',
    retryable: false,
  },
  THEMIS_EGRESS_FAILED: {
    summary: 'The host outside the mesh could not be reached, or broke off',
    remedy: 'Check its name and port, and that it can be reached from this machine.',
    retryable: true,
  },
  THEMIS_EGRESS_DENIED: {
    summary: 'The host is no service of the mesh, and egress to it is not allowed',
    remedy: 'Allow the host in `egress`, or call a service by its mesh name.',
    retryable: false,
  },
  THEMIS_PROXY_CREDENTIAL: {
    summary: 'The proxy credential is missing or wrong',
    remedy: 'Use the HTTP_PROXY that the sidecar gives to its program; it is made anew at each start.',
    retryable: false,
  },

  THEMIS_MEMBERSHIP_ENDED: {
    summary: 'The service is no longer admitted',
    remedy: 'Let the owner admit it again: `themis admit`, or `themis add` on one machine.',
    retryable: false,
  },
  THEMIS_CALL_FAILED: {
    summary: 'The service answered, but not with a success',
    remedy: 'See its answer. Without --fail the exit code does not depend on it.',
    retryable: false,
  },
  THEMIS_REDIRECT_REFUSED: {
    summary: 'A redirect to another service is not followed',
    remedy: 'Call that service by its own name, or fetch with `redirect: "manual"`.',
    retryable: false,
  },

  THEMIS_UNEXPECTED: {
    summary: 'Something went wrong that should not be possible',
    remedy: 'Run the same with THEMIS_DEBUG=1 and report what it prints.',
    retryable: false,
  },
  THEMIS_ABORTED: {
    summary: 'The call was aborted',
    remedy: 'Its caller asked for that, by a signal or a deadline.',
    retryable: false,
  },
  THEMIS_CLOSED: {
    summary: 'It is closed already',
    remedy: 'Open it again; a mesh that was closed makes no further calls.',
    retryable: false,
  },
} as const;

export interface ErrorEntry {
  /** What is wrong, without a full stop: the detail follows it. */
  readonly summary: string;
  /** What the reader should do. */
  readonly remedy: string;
  readonly retryable: boolean;
}

export type ErrorCode = keyof typeof ERRORS;
