import { setTimeout as pause } from 'node:timers/promises';
import { knock, type Clock } from '@themis-mesh/channel';
import {
  ThemisError,
  type Anchor,
  type DoorAddress,
  type EventPoint,
  type Invite,
  type Json,
  type RefusalCode,
} from '@themis-mesh/core';

export interface Errand {
  readonly invite: Invite;
  /** Makes the question anew: a door takes only young ones. */
  readonly question: () => Promise<{ readonly ask: string; readonly body: Json }>;
  /** For all of it. Seconds. */
  readonly seconds: number;
  readonly clock: Clock;
  /** Called when the owner's side has the request and takes time to answer. */
  readonly onWaiting: () => void;
  /** Called when no door has given an answer, and all are tried again. */
  readonly onNobody: (error: ThemisError) => void;
}

/** What a door may say differently in a moment. */
const PASSING: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['door-crowded', 'door-slow', 'door-closed', 'door-failed']);

const LONGEST_PAUSE_MS = 10_000;

/**
 * Knocks at the doors of an invite, one after the other and again, until one gives an answer.
 *
 * @throws ThemisError THEMIS_NOT_ADMITTED; THEMIS_NOT_ANSWERED after the time; where no door is of who is expected there, or
 * none can be, what is wrong with the first
 */
export async function knockAtAll(errand: Errand): Promise<Json> {
  const { invite, clock, seconds, onNobody } = errand;
  const end = clock.now() + seconds * 1000;
  for (let milliseconds = 500; ; milliseconds = Math.min(2 * milliseconds, LONGEST_PAUSE_MS)) {
    const failures: ThemisError[] = [];
    for (const door of invite.doors) {
      try {
        return await knockAt(door, errand, end - clock.now());
      } catch (error) {
        failures.push(requireFailure(error));
      }
    }
    const passing = failures.find(isPassing);
    const [first] = failures;
    if (passing === undefined && first !== undefined) throw first;
    if (clock.now() + milliseconds >= end)
      throw new ThemisError('THEMIS_NOT_ANSWERED', passing?.message ?? '', { cause: passing });
    if (passing !== undefined) onNobody(passing);
    await pause(milliseconds);
  }
}

async function knockAt(door: DoorAddress, { invite, question, clock, onWaiting }: Errand, left: number): Promise<Json> {
  if (left <= 0) throw new ThemisError('THEMIS_NOT_ANSWERED', 'the time is over');
  const ended = new AbortController();
  const callOff = clock.after(left, () => ended.abort());
  try {
    const expect = { id: door.id, least: leastOf(door, invite.anchor) };
    return await knock({ address: door, expect, ...(await question()), signal: ended.signal, onWaiting, clock });
  } catch (error) {
    if (ended.signal.aborted) throw new ThemisError('THEMIS_NOT_ANSWERED', 'the time is over', { cause: error });
    throw error;
  } finally {
    callOff();
  }
}

/** Of the app's own door it is known which keys it has, at the least. */
function leastOf({ id }: DoorAddress, { app, checkpoint }: Anchor): EventPoint | undefined {
  return id === app && checkpoint !== undefined ? { seq: checkpoint.key, digest: checkpoint.event } : undefined;
}

/** @throws what ends the errand at once: a word of the owner's, and what nobody foresaw */
function requireFailure(error: unknown): ThemisError {
  if (!ThemisError.is(error)) throw error;
  const { code, refusal } = error;
  if (code === 'THEMIS_NOT_ANSWERED') throw error;
  if (code !== 'THEMIS_REFUSED_BY_PEER' || refusal === undefined || PASSING.has(refusal.code)) return error;
  throw new ThemisError('THEMIS_NOT_ADMITTED', `${refusal.code} (${refusal.detail})`, { refusal, cause: error });
}

function isPassing({ code, retryable, refusal }: ThemisError): boolean {
  return retryable || code === 'THEMIS_CONNECTION_LOST' || (refusal !== undefined && PASSING.has(refusal.code));
}
