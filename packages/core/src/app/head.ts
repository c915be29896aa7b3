import type { Json } from '../encoding/canonical-json.ts';
import { digest, extension, literal, object, optional, ShapeError, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import type { History } from '../identity/history.ts';
import type { Signer } from '../keys/signer.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { readStatement, signStatement, verifyStatement, type Statement } from '../statement/jws.ts';
import { MAX_SKEW_SECONDS, type Charter } from './charter.ts';
import { sequenceShape, type Sequence } from './sequence.ts';

/** How old news may be: the longest life of a head, and of a membership that a peer's charter does not confirm. Seconds. */
export const DEFAULT_FRESHNESS_SECONDS = 600;

/** A timekeeper's word on which charter is the newest. */
export interface Head {
  readonly v: 1;
  readonly app: IdentityId;
  readonly charter: Sequence;
  /** Of that charter. */
  readonly digest: string;
  readonly iat: number;
  readonly exp: number;
  readonly ext?: Json;
}

const shape = object<Head>({
  v: literal(1),
  app: IdentityId.shape,
  charter: sequenceShape,
  digest,
  iat: time,
  exp: time,
  ext: optional(extension),
});

export const headShape: Shape<Head> = (value, path) => {
  const claims = shape(value, path);
  if (claims.exp <= claims.iat) throw new ShapeError('exp', 'after iat');
  return claims;
};

export function signHead(claims: Omit<Head, 'v'>, timekeeper: Signer): Promise<Statement<Head>> {
  return signStatement('head', headShape, { ...claims, v: 1 }, [timekeeper]);
}

/**
 * @param timekeeper the history of the identity that is said to have signed it
 * @param charter the one held: it names the timekeepers
 * @param bound seconds; the longest life that a head may have
 */
export function verifyHead(
  bytes: Uint8Array,
  timekeeper: History,
  charter: Charter,
  now: number,
  bound: number,
): Verdict<Statement<Head>> {
  const read = readStatement(bytes, 'head', headShape);
  if (!read.ok) return read;
  const { claims } = read.value;
  if (claims.app !== charter.claims.app) return refuse('head-other-app', claims.app);
  const named = charter.claims.timekeepers.find(({ id }) => id === timekeeper.id);
  if (named === undefined || charter.removes(named.id) || !timekeeper.holds(named.min)) {
    return refuse('head-timekeeper', timekeeper.id);
  }
  const quorum = timekeeper.quorum;
  if (quorum === undefined) return refuse('history-retired', timekeeper.id);
  const verified = verifyStatement(read.value, quorum);
  if (!verified.ok) return verified;
  if (claims.iat > now + MAX_SKEW_SECONDS) return refuse('head-future', `${claims.iat}, it is ${now}`);
  if (claims.exp - claims.iat > bound) return refuse('head-life', `${claims.exp - claims.iat} s, at most ${bound}`);
  if (claims.exp <= now) return refuse('head-expired', `${claims.exp}, it is ${now}`);
  return accept(verified.value);
}
