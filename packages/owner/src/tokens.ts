import { timingSafeEqual } from 'node:crypto';
import { AdmissionToken, ThemisError, type IdentityId, type RefusalCode, type ServiceName } from '@themis-mesh/core';
import { MAX_TOKENS, TokenFile, type GivenToken } from '@themis-mesh/storage';
import { parseLabels } from './labels.ts';
import { Owner } from './owner.ts';
import type { Workplace } from './workplace.ts';

export interface NewToken {
  /** The one name that it admits under. */
  readonly name: ServiceName;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How long it is good. Seconds. */
  readonly seconds: number;
  /** 32 bytes of the operating system's randomness. */
  readonly random: Uint8Array;
}

/** What a token is good for: for one name, or for nothing. */
export type TokenStanding = { readonly given: GivenToken } | { readonly refused: RefusalCode };

/**
 * Gives out a one-time token, and keeps its digest. Those whose time is over are forgotten.
 *
 * @throws ThemisError THEMIS_TOO_MANY_INVITES, and those of {@link Owner.at}
 */
export async function giveToken(place: Workplace, { name, labels, seconds, random }: NewToken): Promise<AdmissionToken> {
  const parsed = labels === undefined ? {} : { labels: parseLabels(labels) };
  const token = AdmissionToken.of(random);
  return Owner.at(place, async () => {
    const given: GivenToken = { digest: AdmissionToken.digest(token), name, ...parsed, exp: place.now + seconds };
    await new TokenFile(place.home.tokens).update((before) => {
      const alive = before.filter(({ exp }) => exp > place.now);
      if (alive.length >= MAX_TOKENS) throw new ThemisError('THEMIS_TOO_MANY_INVITES', `${alive.length}`);
      return { tokens: [...alive, given], result: undefined };
    });
    return token;
  });
}

/** What becomes of a token where that identity shows it for that name. Nothing is changed. */
export async function lookAtToken(
  place: Workplace,
  token: AdmissionToken,
  id: IdentityId,
  name: ServiceName,
): Promise<TokenStanding> {
  return standingOf(await new TokenFile(place.home.tokens).read(), token, { id, name, now: place.now });
}

/**
 * Uses a token up. The same identity may show it again until its time is over, so that an answer that was lost can be asked
 * for once more; nobody else can.
 */
export async function takeToken(
  place: Workplace,
  token: AdmissionToken,
  id: IdentityId,
  name: ServiceName,
): Promise<TokenStanding> {
  return new TokenFile(place.home.tokens).update((before) => {
    const result = standingOf(before, token, { id, name, now: place.now });
    if ('refused' in result || result.given.used === id) return { tokens: before, result };
    return { tokens: before.map((entry) => (entry === result.given ? { ...entry, used: id } : entry)), result };
  });
}

interface Shown {
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly now: number;
}

function standingOf(all: readonly GivenToken[], token: AdmissionToken, { id, name, now }: Shown): TokenStanding {
  const digest = Buffer.from(AdmissionToken.digest(token));
  // All are compared, each in constant time: how long it takes tells nothing of them.
  const [given] = all.filter((entry) => timingSafeEqual(Buffer.from(entry.digest), digest));
  if (given === undefined || given.exp <= now) return { refused: 'token-unknown' };
  if (given.used !== undefined && given.used !== id) return { refused: 'token-used' };
  return given.name === name ? { given } : { refused: 'token-other-name' };
}
