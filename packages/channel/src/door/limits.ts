/** What strangers may take of a door. Everybody at a door is one. */
export interface DoorLimits {
  /** Connections at one time whose question has not come yet. Beyond it the oldest goes. Default 64. */
  readonly strangers: number;
  /** The same from one IPv4 /24 or IPv6 /48 network. Default 16. */
  readonly strangersPerNetwork: number;
  /** Questions that are being answered at one time. Default 64. */
  readonly questions: number;
  /** The same from one network. Default 8. */
  readonly questionsPerNetwork: number;
  /** Connections from one network in a minute, on average and at once; more are closed unread. Default 60. */
  readonly visitsPerMinute: number;
  /** Until the handshake is done. Milliseconds. Default 5000. */
  readonly handshakeMs: number;
  /** From then on, until the question is there. Milliseconds. Default 10,000. */
  readonly questionMs: number;
  /** Until the last answer is read. Milliseconds. Default 30,000. */
  readonly answerMs: number;
  /** How long a question may wait for its answer. Milliseconds. Default 600,000. */
  readonly patienceMs: number;
}

export const DOOR_LIMITS: DoorLimits = Object.freeze({
  strangers: 64,
  strangersPerNetwork: 16,
  questions: 64,
  questionsPerNetwork: 8,
  visitsPerMinute: 60,
  handshakeMs: 5000,
  questionMs: 10_000,
  answerMs: 30_000,
  patienceMs: 600_000,
});

/** The most bytes that a question takes behind its length: a join request, and what is around it. */
export const MAX_QUESTION_BYTES = 135_168;

/** The most bytes that the answer to it takes behind its length: a charter of 1 MiB with its history, and a membership. */
export const MAX_GIVEN_BYTES = 1_216_384;

/** When who waits is first told so. Milliseconds. */
export const FIRST_WAIT_MS = 500;

/** How often from then on. Milliseconds. */
export const WAIT_MS = 5000;

/** After how long without a word a door is taken for gone. Milliseconds. */
export const SILENCE_MS = 20_000;
