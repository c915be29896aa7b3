import { ThemisError } from '@themis-mesh/core';
import type { Protocol } from '@themis-mesh/channel';
import type { Target } from '../find/balancer.ts';
import { mayDialAgain, type TargetSource } from '../find/errands.ts';
import type { GuidedCall, GuidedTry } from './guided-call.ts';

/** How many instances are asked for a connection, at the most. */
const MOST_TRIES = 4;

/** A connection for a call, and the try that has begun with it. */
export interface Somewhere<T> {
  readonly connection: T;
  readonly target: Target;
  readonly begun: GuidedTry;
}

/**
 * Gets a connection to an instance for a call; to another one where one cannot be reached, for nothing of the call was sent.
 *
 * @param connect gets one to a target: a new one, or one that is kept
 * @param first the target to begin with, where it was picked already
 * @throws ThemisError the last failure, `THEMIS_NO_INSTANCE`
 */
export async function connectSomewhere<T>(
  call: GuidedCall,
  source: TargetSource,
  protocol: Protocol,
  connect: (target: Target) => T | Promise<T>,
  first?: Target,
): Promise<Somewhere<T>> {
  let failure: Error | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const isPicked = tries === 0 && first !== undefined;
    const target = isPicked ? first : call.pick(call.choices(await source.targets(call.service, protocol)));
    if (target === undefined) break;
    const begun = call.tryAt(target);
    try {
      return { connection: await connect(target), target, begun };
    } catch (error) {
      const isElsewhere = mayDialAgain(error);
      begun.over(isElsewhere ? 'unreachable' : 'none');
      if (!isElsewhere) throw error;
      // What is known of them led nowhere.
      if (failure === undefined) await source.refresh(call.service);
      // What may be tried elsewhere is a failure of ours.
      failure = error as Error;
    }
  }
  throw failure ?? new ThemisError('THEMIS_NO_INSTANCE', `${call.service} over ${protocol}`);
}
