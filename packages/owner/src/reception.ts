import {
  canonicalJson,
  parseCanonicalJson,
  spokenId,
  ThemisError,
  tokenOf,
  type AdmissionToken,
  type IdentityId,
  type Json,
  type RefusalCode,
  type ServiceName,
} from '@themis-mesh/core';
import { requireAdmissible } from './admit-member.ts';
import { admissionBytes } from './admission.ts';
import { admit, requireRequest, type Admittance } from './admit.ts';
import { Owner } from './owner.ts';
import { readApp } from './read-app.ts';
import { refusedStatement } from './refused-statement.ts';
import { lookAtToken, takeToken } from './tokens.ts';
import type { Workplace } from './workplace.ts';

/** Who asks to be admitted. That the request is signed by that identity was verified; who that is, only a person can know. */
export interface Applicant {
  readonly name: ServiceName;
  readonly id: IdentityId;
  /** The ID as words, to be compared with those that the other machine shows. */
  readonly words: string;
  /** Where the request came from, for people. */
  readonly remote: string;
  /** Whether it carries a one-time token that is good for that name. */
  readonly hasToken: boolean;
}

export interface RefusedApplicant {
  readonly because: RefusalCode;
  readonly remote: string;
  /** Undefined where it was no sound request of the app. */
  readonly applicant: Applicant | undefined;
}

export interface ReceptionOptions {
  /** Where and when it is decided: asked anew for each request. */
  readonly place: () => Workplace;
  /** Asks a person; one at a time. Undefined where nobody can be asked. Ends early when the signal does. */
  readonly ask?: ((applicant: Applicant, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Whether a token is enough by itself. */
  readonly autoToken: boolean;
  /** Of those who are admitted without a token that says so. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Hears of each admission: `renewed` where a member only got a new membership. */
  readonly onAdmitted?: (applicant: Applicant, admittance: Admittance, how: 'admitted' | 'renewed') => void;
  readonly onRefused?: (refused: RefusedApplicant) => void;
}

/** What goes back to who asked. */
export type Received = { readonly given: Json } | { readonly refused: RefusalCode };

/** How old a request may be that comes by itself. Seconds. */
export const MAX_REQUEST_AGE_SECONDS = 300;

/** How many people wait to be asked about at one time. */
const MOST_WAITING = 16;

/** How many that a person refused are remembered. */
const MOST_DENIED = 1024;

/** Decides about join requests that come to the owner by themselves: by a person's word, or by one-time tokens. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #waiting = new Set<IdentityId>();
  readonly #denied = new Set<IdentityId>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /**
   * @param body a join request in its wire form
   * @param signal ends when nobody waits for the answer any more
   * @throws what is no fault of who asks: files, locks, the clock
   */
  async receive(body: Json, remote: string, signal: AbortSignal): Promise<Received> {
    let applicant: Applicant | undefined;
    const received = await this.#decide(body, remote, signal, (known) => (applicant = known)).catch(refusedBy);
    if ('refused' in received) this.#options.onRefused?.({ because: received.refused, remote, applicant });
    return received;
  }

  async #decide(body: Json, remote: string, signal: AbortSignal, known: (applicant: Applicant) => void): Promise<Received> {
    const bytes = Buffer.from(canonicalJson(body));
    const place = this.#options.place();
    const app = await readApp(place);
    const { claims, history } = requireRequest(app, bytes, place.now);
    const { name, iat } = claims;
    const token = tokenOf(claims);
    const applicant = { name, id: history.id, words: spokenId(history.id), remote, hasToken: token !== undefined };
    known(applicant);
    if (iat < place.now - MAX_REQUEST_AGE_SECONDS) throw refusedStatement('join-request-old', `${iat}, it is ${place.now}`);
    // The charter names exactly these keys already: a new membership says nothing new.
    const member = app.charter.memberById(history.id);
    if (member?.name === name && member.min.digest === history.point.digest) return this.#renew(applicant, bytes);
    const standing = token === undefined ? undefined : await lookAtToken(place, token, history.id, name);
    if (standing !== undefined && 'refused' in standing) return standing;
    requireAdmissible(app, { name, history });
    const refused = token !== undefined && this.#options.autoToken ? undefined : await this.#ask(applicant, signal);
    return refused === undefined ? this.#admit(applicant, token, bytes) : { refused };
  }

  /** @returns why not, where that is so */
  async #ask(applicant: Applicant, signal: AbortSignal): Promise<RefusalCode | undefined> {
    const { ask } = this.#options;
    const { id } = applicant;
    if (ask === undefined) return 'admission-unattended';
    if (this.#denied.has(id)) return 'admission-denied';
    if (this.#waiting.size >= MOST_WAITING || this.#waiting.has(id)) return 'door-crowded';
    this.#waiting.add(id);
    try {
      const answer = this.#turn.then(() => !signal.aborted && ask(applicant, signal));
      this.#turn = answer.catch(() => undefined);
      if (await answer) return undefined;
      if (!signal.aborted) this.#deny(id);
      return 'admission-denied';
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #admit(applicant: Applicant, token: AdmissionToken | undefined, bytes: Uint8Array): Promise<Received> {
    const { place, labels, onAdmitted } = this.#options;
    const now = place();
    const standing = token === undefined ? undefined : await takeToken(now, token, applicant.id, applicant.name);
    if (standing !== undefined && 'refused' in standing) return standing;
    const told = standing?.given.labels;
    const admittance = await admit(now, bytes, { labels: told === undefined ? labels : Object.fromEntries(told) });
    onAdmitted?.(applicant, admittance, 'admitted');
    return givenOf(admittance);
  }

  async #renew(applicant: Applicant, bytes: Uint8Array): Promise<Received> {
    const { place, onAdmitted } = this.#options;
    const admittance = await Owner.at(place(), async (owner) => {
      const { claims, history } = requireRequest(owner.app, bytes, owner.place.now);
      const member = requireAdmissible(owner.app, { name: claims.name, history });
      if (member?.min.digest !== history.point.digest) throw refusedStatement('member-unknown', history.id);
      const membership = await owner.admit(member);
      const { app, published } = owner;
      return { member, membership, app, published, admission: admissionBytes(app, membership) };
    });
    onAdmitted?.(applicant, admittance, 'renewed');
    return givenOf(admittance);
  }

  #deny(id: IdentityId): void {
    this.#denied.add(id);
    for (const oldest of this.#denied) {
      if (this.#denied.size <= MOST_DENIED) return;
      this.#denied.delete(oldest);
    }
  }
}

function givenOf({ admission }: Admittance): Received {
  return { given: parseCanonicalJson(admission) ?? null };
}

/** How an error is told to who asked. @throws it, where it is not about what was asked */
function refusedBy(error: unknown): Received {
  const refused = ThemisError.is(error) ? refusalOf(error) : undefined;
  if (refused === undefined) throw error;
  return { refused };
}

function refusalOf({ code, refusal }: ThemisError): RefusalCode | undefined {
  switch (code) {
    case 'THEMIS_NAME_TAKEN':
      return 'name-taken';
    case 'THEMIS_MEMBER_RENAMED':
      return 'member-renamed';
    case 'THEMIS_STATEMENT_REFUSED':
    case 'THEMIS_HISTORY_FORKED':
      return refusal?.code;
    default:
      return undefined;
  }
}
