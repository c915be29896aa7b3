import { advanceApp, readAppState, type AppState } from '../../src/app/app-state.ts';
import { believeMember } from '../../src/app/belief.ts';
import { verifyHead } from '../../src/app/head.ts';
import { verifyJoinRequest } from '../../src/app/join-request.ts';
import { readMembership, verifyMembership } from '../../src/app/membership.ts';
import { sequenceShape, type Sequence } from '../../src/app/sequence.ts';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { readCanonical } from '../../src/encoding/read-canonical.ts';
import { array, base64url, integer, object, oneOf, optional, record, text, type Shape } from '../../src/encoding/shape.ts';
import { compareHistories } from '../../src/identity/compare.ts';
import { type History } from '../../src/identity/history.ts';
import { readHistory } from '../../src/identity/history-wire.ts';
import { IdentityId } from '../../src/identity/id.ts';
import { accept, type Verdict } from '../../src/outcome/verdict.ts';
import type { RecordKey } from '../../src/record/key.ts';
import { verifyRecord } from '../../src/record/verify-record.ts';
import { accepted } from '../builders/verdicts.ts';

/** What a vector asks for: reads the `input` of a case and says what this implementation makes of it. */
export type Operation = (input: Json) => Verdict<Json>;

const bytes = base64url(0, 4_000_000);
const now = integer(0, Number.MAX_SAFE_INTEGER);

/** The operations that `vectors/README.md` describes, by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'canonical-json': operation<{ bytes: Uint8Array }>({ bytes }, (input) =>
    map(readCanonical(input.bytes, 'the vector'), () => null),
  ),

  'history': operation<{ bytes: Uint8Array }>({ bytes }, (input) => map(readHistory(input.bytes), historyFacts)),

  'compare-histories': operation<{ remembered: Uint8Array; presented: Uint8Array }>(
    { remembered: bytes, presented: bytes },
    (input) => accept({ standing: compareHistories(historyOf(input.remembered), historyOf(input.presented)) }),
  ),

  'app-state': operation<{ bytes: Uint8Array; now: number }>({ bytes, now }, (input) =>
    map(readAppState(input.bytes, input.now), appFacts),
  ),

  'advance-app': operation<{ held: Uint8Array; bytes: Uint8Array; now: number }>({ held: bytes, bytes, now }, (input) => {
    const next = readAppState(input.bytes, input.now);
    return next.ok ? map(advanceApp(appOf(input.held, input.now), next.value), (advance) => ({ advance })) : next;
  }),

  'membership': operation<{ bytes: Uint8Array; app: Uint8Array; now: number }>({ bytes, app: bytes, now }, (input) => {
    const read = readMembership(input.bytes);
    if (!read.ok) return read;
    return map(verifyMembership(read.value, historyOf(input.app), input.now), ({ claims }) => ({
      name: claims.member.name,
      id: claims.member.id,
    }));
  }),

  'belief': operation<{
    app: Uint8Array;
    history: Uint8Array;
    membership?: Uint8Array;
    newest?: Sequence;
    freshness: number;
    now: number;
  }>(
    { app: bytes, history: bytes, membership: optional(bytes), newest: optional(sequenceShape), freshness: now, now },
    (input) => {
      const membership = input.membership === undefined ? undefined : readMembership(input.membership);
      if (membership?.ok === false) return membership;
      const holdings = { app: appOf(input.app, input.now), newest: input.newest, freshness: input.freshness };
      const peer = { history: historyOf(input.history), membership: membership?.value };
      return map(believeMember(peer, holdings, input.now), ({ member, by, behind }) => ({ name: member.name, by, behind }));
    },
  ),

  'head': operation<{ bytes: Uint8Array; timekeeper: Uint8Array; app: Uint8Array; bound: number; now: number }>(
    { bytes, timekeeper: bytes, app: bytes, bound: now, now },
    (input) => {
      const { charter } = appOf(input.app, input.now);
      const head = verifyHead(input.bytes, historyOf(input.timekeeper), charter, input.now, input.bound);
      return map(head, ({ claims }) => ({ charter: claims.charter, digest: claims.digest }));
    },
  ),

  'record': operation<{ key: RecordKey; bytes: Uint8Array; histories: readonly Uint8Array[]; now: number }>(
    { key: recordKey, bytes, histories: array(bytes, { max: 8 }), now },
    (input) => {
      const histories = new Map(input.histories.map(historyOf).map((history) => [history.id, history]));
      const verified = verifyRecord(
        { key: input.key, bytes: input.bytes },
        { now: input.now, history: (id) => histories.get(id) },
      );
      return map(verified, ({ sequence, digest, expires }) => ({
        sequence,
        digest,
        expires: expires === Infinity ? null : expires,
      }));
    },
  ),

  'join-request': operation<{ bytes: Uint8Array }>({ bytes }, (input) =>
    map(verifyJoinRequest(input.bytes), ({ claims, history }) => ({ app: claims.app, id: history.id, name: claims.name })),
  ),
};

export function historyFacts(history: History): Json {
  return {
    id: history.id,
    seq: history.seq,
    digest: history.last.digest,
    retired: history.retired,
    threshold: history.quorum?.threshold ?? null,
    signers: history.quorum?.signers.map(({ keys }) => keys.map((key) => key.thumbprint)) ?? [],
    goodUntil: history.events.map((_, seq) => history.goodUntil(seq)).map((until) => (until === Infinity ? null : until)),
  };
}

export function appFacts({ history, charter }: AppState): Json {
  const { members, removed } = charter.claims;
  return {
    id: history.id,
    sequence: charter.sequence,
    digest: charter.digest,
    members: members.map(({ name, id }) => ({ name, id })),
    removed: removed.map(({ id }) => id),
  };
}

function operation<T extends object>(fields: Parameters<typeof object<T>>[0], run: (input: T) => Verdict<Json>): Operation {
  const shape = object<T>(fields);
  return (input) => run(shape(input, 'input'));
}

function recordKey(value: Json, path: string): RecordKey {
  const { kind, id, by } = object<{ kind: 'history' | 'charter' | 'head' | 'service'; id: IdentityId; by?: IdentityId }>({
    kind: oneOf('history', 'charter', 'head', 'service'),
    id: IdentityId.shape,
    by: optional(IdentityId.shape),
  })(value, path);
  return kind === 'head' ? { kind, id, by: by ?? id } : { kind, id };
}

function map<T, U>(verdict: Verdict<T>, change: (value: T) => U): Verdict<U> {
  return verdict.ok ? accept(change(verdict.value)) : verdict;
}

function historyOf(wire: Uint8Array): History {
  return accepted(readHistory(wire), 'a history of the context');
}

function appOf(wire: Uint8Array, at: number): AppState {
  return accepted(readAppState(wire, at), 'an app of the context');
}

/** One case of a file in `vectors/`. */
export interface Case {
  readonly name: string;
  readonly operation: string;
  /** What an invalid case has against it, or what a valid one shows. */
  readonly about: string;
  /** The valid case of the same file that an invalid one was made from. */
  readonly from?: string;
  /** Inputs that many cases of the file share, by the name that the file gives them. */
  readonly context?: string;
  readonly input: ReadonlyMap<string, Json>;
  readonly expected: Expectation;
}

export interface Expectation {
  readonly accepted?: Json;
  readonly refused?: string;
}

export interface VectorFile {
  readonly format: 'themis-vectors/1';
  readonly about: string;
  readonly contexts?: ReadonlyMap<string, ReadonlyMap<string, Json>>;
  readonly cases: readonly Case[];
}

const any: Shape<Json> = (value) => value;
const inputs = record(/^[a-z]+$/, any, 16);
const line = text(/^[^\n]{1,400}$/, 'one line of text');

export const vectorFileShape: Shape<VectorFile> = object<VectorFile>({
  format: oneOf('themis-vectors/1'),
  about: line,
  contexts: optional(record(/^[a-z]+$/, inputs, 16)),
  cases: array(
    object<Case>({
      name: text(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'words joined by hyphens'),
      operation: oneOf(...Object.keys(OPERATIONS)),
      about: line,
      from: optional(text(/^[a-z0-9-]+$/, 'the name of a case')),
      context: optional(text(/^[a-z]+$/, 'the name of a context')),
      input: inputs,
      expected: object<Expectation>({ accepted: optional(any), refused: optional(text(/^[a-z0-9-]+$/, 'a code')) }),
    }),
    { min: 1, max: 500 },
  ),
});
