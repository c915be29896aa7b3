import type { Json } from '../encoding/canonical-json.ts';
import {
  array,
  digest,
  extension,
  integer,
  literal,
  object,
  optional,
  ShapeError,
  text,
  time,
  type Shape,
} from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import type { EventPoint, History } from '../identity/history.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { policyShape, type Policy } from '../policy/policy.ts';
import { readStatement, verifyStatement, type Statement } from '../statement/jws.ts';
import { importShape, type Import } from './import.ts';
import { eventPoint, memberShape, type Member } from './member.ts';
import { ServiceName } from './name.ts';
import type { Sequence } from './sequence.ts';

/** The longest that a charter may last: 400 days. Past its end known members go on, and nobody new is admitted. */
export const MAX_CHARTER_SECONDS = 34_560_000;

/** How far another clock may be ahead before what it signed is refused. */
export const MAX_SKEW_SECONDS = 60;

export interface Removal {
  readonly id: IdentityId;
  /** Seconds since 1970; when every membership of the identity has ended, the entry may go. */
  readonly until: number;
}

export interface Admitter {
  readonly id: IdentityId;
  readonly min: EventPoint;
  /** Patterns of names: a name, or a prefix and `*`. */
  readonly names: readonly string[];
  readonly attestations: readonly string[];
  /** Seconds. */
  readonly maxTtl: number;
}

export interface Timekeeper {
  readonly id: IdentityId;
  readonly min: EventPoint;
}

export interface CharterPolicy {
  readonly name: ServiceName;
  /** The services that it holds for; none: for all. */
  readonly services: readonly ServiceName[];
  readonly policy: Policy;
}

export interface CharterClaims {
  readonly v: 1;
  readonly app: IdentityId;
  /** The app's key sequence that the charter is signed under. */
  readonly key: number;
  readonly seq: number;
  /** The digest of the charter before this one; absent in the first. */
  readonly prev?: string;
  readonly iat: number;
  readonly exp: number;
  readonly members: readonly Member[];
  readonly removed: readonly Removal[];
  readonly admitters: readonly Admitter[];
  readonly timekeepers: readonly Timekeeper[];
  readonly imports: readonly Import[];
  readonly policies: readonly CharterPolicy[];
  readonly ext?: Json;
}

const MAX_ENTRIES = 4096;

/** The most apps that a charter may import. */
export const MAX_IMPORTS = 256;

const shape = object<CharterClaims>({
  v: literal(1),
  app: IdentityId.shape,
  key: integer(0, 15),
  seq: integer(0, Number.MAX_SAFE_INTEGER),
  prev: optional(digest),
  iat: time,
  exp: time,
  members: array(memberShape, { max: MAX_ENTRIES }),
  removed: array(object<Removal>({ id: IdentityId.shape, until: time }), { max: MAX_ENTRIES }),
  admitters: array(
    object<Admitter>({
      id: IdentityId.shape,
      min: eventPoint,
      names: array(text(/^(?:[a-z0-9-]{1,40}|[a-z0-9-]{0,40}\*)$/, 'a name, or a prefix and *'), { min: 1, max: 64 }),
      attestations: array(text(/^[a-z0-9-]{1,40}$/, 'the name of an attestation'), { min: 1, max: 16 }),
      maxTtl: integer(1, 86_400),
    }),
    { max: 64 },
  ),
  timekeepers: array(object<Timekeeper>({ id: IdentityId.shape, min: eventPoint }), { max: 64 }),
  imports: array(importShape, { max: MAX_IMPORTS }),
  policies: array(
    object<CharterPolicy>({
      name: ServiceName.shape,
      services: array(ServiceName.shape, { max: MAX_ENTRIES }),
      policy: policyShape,
    }),
    { max: MAX_ENTRIES },
  ),
  ext: optional(extension),
});

export const charterShape: Shape<CharterClaims> = (value, path) => {
  const claims = shape(value, path);
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_CHARTER_SECONDS) {
    throw new ShapeError('exp', 'after iat, by at most 400 days');
  }
  if ((claims.prev === undefined) !== (claims.seq === 0)) throw new ShapeError('prev', 'present in every charter but the first');
  return claims;
};

/** The app's verified list of who belongs to it. */
export class Charter {
  readonly claims: CharterClaims;
  readonly statement: Statement<CharterClaims>;
  readonly #byId: ReadonlyMap<IdentityId, Member>;
  readonly #byName: ReadonlyMap<ServiceName, Member>;

  private constructor(statement: Statement<CharterClaims>) {
    this.statement = statement;
    this.claims = statement.claims;
    this.#byId = new Map(this.claims.members.map((member) => [member.id, member]));
    this.#byName = new Map(this.claims.members.map((member) => [member.name, member]));
  }

  /** @param app the history of the app, at least up to the event that the charter was signed under */
  static verify(bytes: Uint8Array, app: History, now: number): Verdict<Charter> {
    const read = readStatement(bytes, 'charter', charterShape);
    if (!read.ok) return read;
    const { claims } = read.value;
    if (claims.app !== app.id) return refuse('charter-other-app', claims.app);
    const quorum = app.quorumAt(claims.key);
    if (quorum === undefined) return refuse('charter-key-sequence', `${claims.key}, the history has ${app.seq}`);
    const signed = verifyStatement(read.value, quorum);
    if (!signed.ok) return signed;
    if (claims.iat > now + MAX_SKEW_SECONDS) return refuse('charter-future', `${claims.iat}, it is ${now}`);
    if (claims.imports.some(({ app: imported }) => imported === app.id)) return refuse('charter-imports-itself', app.id);
    const repeated = firstRepeated(claims);
    return repeated === undefined ? accept(new Charter(signed.value)) : refuse('charter-names-repeated', repeated);
  }

  get sequence(): Sequence {
    return [this.claims.key, this.claims.seq];
  }

  get digest(): string {
    return this.statement.digest;
  }

  memberById(id: IdentityId): Member | undefined {
    return this.#byId.get(id);
  }

  memberByName(name: ServiceName): Member | undefined {
    return this.#byName.get(name);
  }

  /** The app that this one calls so. */
  importByAlias(alias: ServiceName): Import | undefined {
    return this.claims.imports.find((entry) => entry.alias === alias);
  }

  /** `removed` beats every membership. */
  removes(id: IdentityId): boolean {
    return this.claims.removed.some((removal) => removal.id === id);
  }

  /** The app's policies for one service, in order. */
  policiesFor(service: ServiceName): readonly CharterPolicy[] {
    return this.claims.policies.filter(({ services }) => services.length === 0 || services.includes(service));
  }
}

function firstRepeated(claims: CharterClaims): string | undefined {
  return (
    repeatedIn([...claims.members.map(({ name }) => name), ...claims.imports.map(({ alias }) => alias)]) ??
    repeatedIn([...claims.members.map(({ id }) => id), ...claims.removed.map(({ id }) => id)]) ??
    repeatedIn(claims.imports.map(({ app }) => app)) ??
    repeatedIn(claims.admitters.map(({ id }) => id)) ??
    repeatedIn(claims.timekeepers.map(({ id }) => id)) ??
    repeatedIn(claims.policies.map(({ name }) => name))
  );
}

function repeatedIn(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
}
