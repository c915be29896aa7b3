import {
  accept,
  refuse,
  ThemisError,
  Trust,
  verifyChain,
  type AppState,
  type History,
  type IdentityId,
  type Peer,
  type SeenHistories,
  type TargetName,
  type VerifiedChain,
  type Verdict,
} from '@themis-mesh/core';
import { readApp, readImports } from '@themis-mesh/owner';
import { StoredHistories } from '@themis-mesh/storage';
import type { CliContext } from './context.ts';
import type { HomeFlags } from './flags.ts';
import { openPlace, type Place } from './place.ts';

/** What a service of this home's app would make of a chain. Without a home only the chain itself is judged. */
export interface Judgement {
  readonly chain: VerifiedChain;
  /** Undefined without an app. */
  readonly peer: Peer | undefined;
}

/** What peers are judged by: the app, as far as it is known here, and the histories seen. */
export interface Bench {
  readonly app: AppState;
  /** Those of the apps that it imports. */
  readonly imports: readonly AppState[];
  readonly seen: SeenHistories;
}

/** @returns undefined where there is no home */
export async function openBench(context: CliContext, flags: HomeFlags): Promise<Bench | undefined> {
  try {
    await using place = await openPlace(context, flags);
    return await benchOf(place);
  } catch (error) {
    if (ThemisError.is(error, 'THEMIS_HOME_MISSING')) return undefined;
    throw error;
  }
}

export async function benchOf(place: Place): Promise<Bench> {
  const app = await readApp(place);
  const imports = (await readImports(place, app)).flatMap(({ state }) => (state === undefined ? [] : [state]));
  const remembered = await StoredHistories.open(place.home.seen, { alarms: place.home.alarms });
  return { app, imports, seen: onLookers(remembered) };
}

/** @param expected the service that it should be, if any. @param now seconds since 1970 */
export function judgeChain(
  chain: readonly Uint8Array[],
  bench: Bench | undefined,
  expected: TargetName | undefined,
  now: number,
): Verdict<Judgement> {
  if (bench === undefined) {
    const verified = verifyChain(chain, { now });
    return verified.ok ? accept({ chain: verified.value, peer: undefined }) : verified;
  }
  const judged = trustOf(bench).authenticate(chain, now);
  if (!judged.ok) return judged;
  const peer = judged.value;
  if (peer.name === undefined) return refuse('member-unknown', `${peer.id} is no member of ${bench.app.history.id}`);
  if (expected !== undefined && peer.name !== expected) return refuse('member-name', `${peer.name}, looked for was ${expected}`);
  return accept({ chain: peer.chain, peer });
}

/** A verifier that believes what is known in the home. */
export function trustOf({ app, imports, seen }: Bench): Trust {
  const trust = new Trust({ app, seen });
  for (const state of imports) trust.takeApp(state);
  return trust;
}

/** Looking changes no memory. */
function onLookers(remembered: StoredHistories): SeenHistories {
  const own = new Map<IdentityId, History>();
  return {
    get: (id) => own.get(id) ?? remembered.get(id),
    remember: (history) => void own.set(history.id, history),
  };
}
