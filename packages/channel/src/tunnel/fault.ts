/**
 * Why a stream was ended before its end. The number stands in the frame; `refused` and `unreachable` say that nothing of it was
 * processed, so that it may be sent elsewhere.
 */
export const RESET_CODES = {
  /** Whoever asked for it wants it no more. */
  cancelled: 0,
  /** It was not taken: too many are open, or the tunnel is closing. */
  refused: 1,
  /** What it was to lead to could not be reached. */
  unreachable: 2,
  /** Policy does not allow it. The detail is the refusal's code. */
  forbidden: 3,
  /** The program behind it failed, or ended it early. */
  broken: 4,
  /** Nobody read it while others waited for the room that it took. */
  stalled: 5,
  /** What it carries is not what its kind says. */
  malformed: 6,
  /** It took longer than it may. */
  timeout: 7,
} as const;

export type ResetCode = keyof typeof RESET_CODES;

const RESET_NAMES = new Map<number, ResetCode>(Object.entries(RESET_CODES).map(([name, code]) => [code, name as ResetCode]));

/** @returns `broken` for a code of a later release */
export function resetCodeOf(code: number): ResetCode {
  return RESET_NAMES.get(code) ?? 'broken';
}

/** Why a tunnel ends. */
export const GOAWAY_CODES = {
  /** It is drained: streams that are open go on. */
  drained: 0,
  /** A frame, or its place, is against the rules. */
  protocol: 1,
  /** More was sent than there was credit for, or more credit was given than fits. */
  'flow-control': 2,
  /** Many frames that carry nothing: pings, resets, empty data. */
  nuisance: 3,
} as const;

export type GoawayCode = keyof typeof GOAWAY_CODES;

/** The peer does what the specification does not allow: its tunnel is ended, with all streams on it. */
export class TunnelFault extends Error {
  readonly code: GoawayCode;

  constructor(code: GoawayCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
