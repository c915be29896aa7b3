/** Apps, their names, and what is found of them. */
export const APP_ERRORS = {
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
  THEMIS_DIRECTORY_INVALID: {
    summary: 'That is no directory that can be used',
    remedy: 'Name a folder, or servers of NATS: `nats://HOST:PORT,HOST:PORT?creds=FILE`. See docs/guides/nats.md.',
    retryable: false,
  },
  THEMIS_NODE_NOT_ALLOWED: {
    summary: 'The charter allows the service no such node',
    remedy: 'Run `themis node allow NAME --count NUMBER` where the owner is; the index is below that number.',
    retryable: false,
  },
  THEMIS_DIRECTORY_ELSEWHERE: {
    summary: 'The directory of this home is not in a folder, and nothing here opens it',
    remedy: 'Give `join` what opens it: `openDirectory: openNatsAddress` of `@themis-mesh/directory-nats` for `nats://`.',
    retryable: false,
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
  THEMIS_INVITE_INVALID: {
    summary: 'That is no invite to an app, or it is of no use any more',
    remedy: 'Copy the whole of what `themis invite` printed, from `themis1.` to its last character, or ask for a new one.',
    retryable: false,
  },
  THEMIS_NOT_ADMITTED: {
    summary: "The app's owner does not admit the service",
    remedy: 'See the reason, and speak with the owner.',
    retryable: false,
  },
  THEMIS_NOT_ANSWERED: {
    summary: "The app's owner has not answered yet",
    remedy: 'Run the same again: it goes on with the same identity. The owner answers while `themis admit --listen` runs.',
    retryable: true,
  },
  THEMIS_DOOR_THRESHOLD: {
    summary: 'Keys of which several have to sign cannot open a door',
    remedy: 'Carry the request by a file: `themis join NAME --app ANCHOR` there, `themis admit FILE` here.',
    retryable: false,
  },
  THEMIS_TOO_MANY_INVITES: {
    summary: 'As many one-time tokens are out as there may be',
    remedy: 'Wait until some have ended, or make invites without --token.',
    retryable: false,
  },
  THEMIS_NO_INSTANCE: {
    summary: 'No running instance of the service is known',
    remedy: 'Start the service, and see `themis find NAME` for what the directory holds.',
    retryable: true,
  },
} as const;
