import { CallerPolicies, CompiledPolicies, type Decision, type Policy, type Rule } from '@themis-mesh/core';
import { readLoggedRequest, type LoggedRequest, type Members } from './logged-request.ts';

/**
 * What a new policy would make of a request that an old one judged: `refused`, though it was carried out; `allowed`, though it
 * was refused; `unsure`, because the log holds no headers.
 */
export type Change = 'refused' | 'allowed' | 'unsure';

/** Requests of one kind that a new policy would judge otherwise. */
export interface ChangedRequests {
  readonly change: Change;
  readonly caller: string;
  readonly service: string;
  /** Absent for raw streams. */
  readonly method?: string;
  readonly path?: string;
  /** The rule of the new policy that decides. */
  readonly rule: string;
  readonly count: number;
}

export interface ReplayReport {
  readonly lines: number;
  /** Requests that came in and could be judged. */
  readonly judged: number;
  /** Other lines: of requests that went out, of refused connections, and those that are no entry of an access log. */
  readonly passedOver: number;
  readonly wouldBeRefused: number;
  readonly wouldBeAllowed: number;
  readonly unsure: number;
  /** The most frequent first. */
  readonly changes: readonly ChangedRequests[];
  /** Changes that are counted above and not among the kinds, of which there were too many. */
  readonly leftOut: number;
}

/** The most kinds of requests that are told apart. */
export const MOST_KINDS = 10_000;

/** Holds an access log against a policy, as if that had been the only one, and enforced. */
export class Replay {
  readonly #members: Members;
  readonly #service: string | undefined;
  /** At its strictest and at its kindest: what depends on headers is told by the difference. */
  readonly #variants: readonly [CompiledPolicies, CompiledPolicies];
  readonly #kinds = new Map<string, { readonly kind: Omit<ChangedRequests, 'count'>; count: number }>();
  readonly #counts = { lines: 0, judged: 0, refused: 0, allowed: 0, unsure: 0, leftOut: 0 };

  /** @param service whose requests are looked at; undefined: those of all services in the log */
  constructor(policy: Policy, members: Members, service: string | undefined) {
    this.#members = members;
    this.#service = service;
    const compiled = (rules: readonly Rule[]): CompiledPolicies =>
      new CompiledPolicies([{ name: 'policy', policy: { ...policy, mode: 'enforce', rules } }]);
    const rules = policy.rules ?? [];
    this.#variants = [compiled(withHeaders(rules, 'deny')), compiled(withHeaders(rules, 'allow'))];
  }

  /** @param line of the access log; whatever else it is, is passed over */
  take(line: string): void {
    this.#counts.lines += 1;
    const logged = readLoggedRequest(line, this.#members);
    if (logged === undefined || (this.#service !== undefined && logged.service !== this.#service)) return;
    this.#counts.judged += 1;
    const [strict, kind] = this.#variants.map((policies) => decisionOf(policies, logged));
    if (strict === undefined || kind === undefined) return;
    const change = strict.allowed === kind.allowed ? (strict.allowed ? 'allowed' : 'refused') : 'unsure';
    if (change === (logged.wasRefused ? 'refused' : 'allowed')) return;
    this.#counts[change] += 1;
    // Where the strictest refuses for want of a rule, what depends on headers is the rule by which the kindest allows.
    const decides = strict.allowed || (change === 'unsure' && strict.rule === DEFAULT) ? kind : strict;
    this.#add(change, logged, decides);
  }

  report(): ReplayReport {
    const { lines, judged, refused, allowed, unsure, leftOut } = this.#counts;
    const changes = [...this.#kinds.values()].map(({ kind, count }) => ({ ...kind, count })).sort((a, b) => b.count - a.count);
    const counts = { wouldBeRefused: refused, wouldBeAllowed: allowed, unsure };
    return { lines, judged, passedOver: lines - judged, ...counts, changes, leftOut };
  }

  #add(change: Change, { callerName, service, request }: LoggedRequest, { rule }: Decision): void {
    const kind = {
      ...{ change, caller: callerName, service, rule },
      ...(request === undefined ? {} : { method: request.method, path: request.path }),
    };
    const key = JSON.stringify(kind);
    const known = this.#kinds.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { kind, count: 1 });
    else this.#counts.leftOut += 1;
  }
}

/** What a decision names where no rule decided. */
const DEFAULT = 'default';

/**
 * Rules that look at headers as if those of one action were met whenever the rest of the rule is, and those of the other never.
 */
function withHeaders(rules: readonly Rule[], met: Rule['action']): readonly Rule[] {
  return rules.flatMap(({ headers, ...rule }) => (headers === undefined || rule.action === met ? [rule] : []));
}

function decisionOf(policies: CompiledPolicies, { caller, request, port }: LoggedRequest): Decision {
  const own = new CallerPolicies(policies, caller);
  return request === undefined ? own.stream(port) : own.request({ ...request, headers: [], port }).decision;
}
