/** Somebody who was turned away, and why, in the words of both sides. */
export interface Refused {
  readonly who: string;
  /** The service that turned him away. */
  readonly at: string;
  /** The reason that the caller was told; undefined where he was let in, or turned away without one. */
  readonly told: string | undefined;
  /** The reason that the service gave in its log; undefined where none was seen there. */
  readonly seen: string | undefined;
  /** How often the service gave that reason in its log. */
  readonly times: number;
}

/** Whether both sides gave that very reason. */
export function isRefusedBy(reason: string, { told, seen }: Refused): boolean {
  return told === reason && seen === reason;
}
