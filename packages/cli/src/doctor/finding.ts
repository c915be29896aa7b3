import { printable, ThemisError } from '@themis-mesh/core';

/** An error keeps something from working, or from being safe; a warning will, or may. */
export type Level = 'warning' | 'error';

/** Something that is wrong, and what to do about it. */
export interface Finding {
  /** A name of {@link FINDINGS}, or the code of an error. */
  readonly code: string;
  readonly level: Level;
  readonly what: string;
  readonly remedy: string;
}

export type FindingCode =
  | 'node-options-weak'
  | 'recovery-beside'
  | 'history-nearly-full'
  | 'clock-behind'
  | 'clock-differs'
  | 'clock-drifts'
  | 'charter-ended'
  | 'charter-ends-soon'
  | 'membership-ended'
  | 'membership-ends-soon'
  | 'service-removed'
  | 'service-waiting'
  | 'charter-unpublished'
  | 'history-unpublished'
  | 'record-refused'
  | 'import-unseen'
  | 'import-refused'
  | 'import-ended'
  | 'instance-unreachable'
  | 'instance-refused'
  | 'lock-left'
  | 'temporary-left'
  | 'fork-seen';

interface FindingEntry {
  readonly level: Level;
  readonly summary: string;
  readonly remedy: string;
}

/** What the doctor knows besides the errors, which it reports under their own codes. */
export const FINDINGS: Readonly<Record<FindingCode, FindingEntry>> = {
  'node-options-weak': {
    level: 'warning',
    summary: 'NODE_OPTIONS weakens what Node.js checks',
    remedy: 'Remove that option from the environment of programs that serve or call.',
  },
  'recovery-beside': {
    level: 'warning',
    summary: 'Recovery keys lie beside the operational ones',
    remedy: 'Move the file to another medium, and name it with --recovery when it is needed: whoever takes this folder has both.',
  },
  'history-nearly-full': {
    level: 'warning',
    summary: 'An identity has few changes of its keys left',
    remedy: 'Plan a new identity for it, before the last one is needed.',
  },
  'clock-behind': {
    level: 'error',
    summary: 'The clock is behind what was signed before',
    remedy: 'Set the clock (NTP). Nothing is signed until it is past that time.',
  },
  'clock-differs': {
    level: 'error',
    summary: 'The clock of an instance and ours differ by more than 60 seconds',
    remedy: 'Set the clock of the side that is wrong (NTP): connections between the two are refused.',
  },
  'clock-drifts': {
    level: 'warning',
    summary: 'The clock of an instance and ours differ',
    remedy: 'See that both sides keep their time (NTP): beyond 60 seconds connections are refused.',
  },
  'charter-ended': {
    level: 'error',
    summary: 'The charter has ended: members go on, and nobody new is admitted',
    remedy: 'Let the owner run `themis renew`.',
  },
  'charter-ends-soon': {
    level: 'warning',
    summary: 'The charter ends within 30 days',
    remedy: 'Let the owner run `themis renew`, or any other command that changes the app.',
  },
  'membership-ended': {
    level: 'error',
    summary: 'A membership has ended: the service gets no more certificates',
    remedy: "Run `themis renew` in the owner's home; for a service of another machine, `themis join` and `themis admit` again.",
  },
  'membership-ends-soon': {
    level: 'warning',
    summary: 'A membership ends within 30 days',
    remedy: "Run `themis renew` in the owner's home; for a service of another machine, `themis join` and `themis admit` again.",
  },
  'service-removed': {
    level: 'warning',
    summary: 'The keys of a removed service are here',
    remedy: 'Stop its program. `themis add NAME` makes a new identity for the name, and puts these keys aside.',
  },
  'service-waiting': {
    level: 'warning',
    summary: 'A service is not admitted',
    remedy: "Run `themis add NAME` in the owner's home; on another machine bring its request to the owner: `themis join NAME`.",
  },
  'charter-unpublished': {
    level: 'error',
    summary: 'The directory does not hold the newest charter',
    remedy: "Run `themis renew` in the owner's home: until then others go on without the news.",
  },
  'history-unpublished': {
    level: 'warning',
    summary: 'The directory does not hold the keys of a service',
    remedy: "Run `themis renew` in the owner's home: without them the records of its instances are not taken.",
  },
  'record-refused': {
    level: 'warning',
    summary: 'The directory holds a record that is not believed',
    remedy: 'See the reason. It is passed over; if it comes back, ask who writes it.',
  },
  'import-unseen': {
    level: 'warning',
    summary: 'Nothing was heard of an app that is imported',
    remedy: 'See that both apps use one directory: `themis directory`. Until its charter is there, nobody of it is known.',
  },
  'import-refused': {
    level: 'error',
    summary: 'What the directory holds of an imported app is not believed',
    remedy: 'See the reason. What was believed before goes on; if it stays, ask the owner of that app for its anchor.',
  },
  'import-ended': {
    level: 'warning',
    summary: 'The charter of an imported app has ended: its members go on, and its newcomers are not known',
    remedy: 'Let the owner of that app run `themis renew`.',
  },
  'instance-unreachable': {
    level: 'warning',
    summary: 'An instance cannot be reached',
    remedy: 'If it stopped suddenly, its record ends within 60 seconds. If not, see that its address can be reached from here.',
  },
  'instance-refused': {
    level: 'error',
    summary: 'What an instance presents is not trusted',
    remedy: 'See `themis cert NAME`. Somebody else may listen at its address.',
  },
  'lock-left': {
    level: 'warning',
    summary: 'A process that is gone left a lock',
    remedy: 'Nothing needs to be done: whoever needs it next takes it over. If it stays, remove the file.',
  },
  'temporary-left': {
    level: 'warning',
    summary: 'A process that is gone left an unfinished file',
    remedy: 'Nothing needs to be done: it is swept away with the next write to that folder. The file it was meant for is whole.',
  },
  'fork-seen': {
    level: 'error',
    summary: 'Two signed things contradict each other: somebody else has the keys, or a copy of them was used',
    remedy: 'Keep the proof in the alarms folder, ask the owner which is real, and rotate what was stolen. The first seen stays.',
  },
};

/** @param detail what it is about; made printable here */
export function finding(code: FindingCode, detail: string): Finding {
  const { level, summary, remedy } = FINDINGS[code];
  return { code, level, what: `${summary}: ${printable(detail)}`, remedy };
}

/** An error that a check met, as a finding. @throws what is no error of ours */
export function findingOf(error: unknown): Finding {
  if (!ThemisError.is(error)) throw error;
  return { code: error.code, level: 'error', what: error.message, remedy: error.remedy };
}
