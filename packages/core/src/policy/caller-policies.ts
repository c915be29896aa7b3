import type { RefusalCode } from '../outcome/refusals.ts';
import { isMember, meetsCallerConditions, type Caller } from './caller.ts';
import { canonicalTarget, isPlainTarget, judgedPath } from './canonical-target.ts';
import type { CompiledPolicies, CompiledPolicy, CompiledRule } from './compiled-policies.ts';
import { NO_POLICY, type Allowed, type AuditFinding, type Decision, type Denied } from './decision.ts';
import { NO_HEADERS } from './named-headers.ts';
import type { Policy } from './policy.ts';
import type { Asked } from './request-conditions.ts';

/** A request, as far as a policy looks. */
export interface RequestHead {
  readonly method: string;
  /** The request target as it came: a path, with its query; `*` for `OPTIONS *`. */
  readonly path: string;
  /** Names and values in turn, as they came: order, case and repetitions. */
  readonly headers: readonly string[];
  /** The callee's port that it came to. */
  readonly port?: number | undefined;
}

/** What is to become of a request. */
export interface Judgement {
  readonly decision: Decision;
  /** The canonical target: what was judged, and the only one that may be served or passed on. */
  readonly path: string;
  /** What was ambiguous, where that is the reason. */
  readonly detail?: string;
}

/** What the policies of a service come to for one caller. Made once for a connection, asked for each of its requests. */
export class CallerPolicies {
  /** Whether it may connect at all: refused only where no request of this caller could be allowed. */
  readonly connection: Decision;
  readonly #all: CompiledPolicies;
  readonly #enforced: readonly Layer[];
  readonly #audited: readonly Layer[];
  readonly #auditRules: readonly CompiledRule[];
  /** Where nothing depends on the request. */
  readonly #constant: Decision | undefined;

  constructor(all: CompiledPolicies, caller: Caller) {
    this.#all = all;
    this.#enforced = all.enforced.map((policy) => new Layer(policy, caller));
    this.#audited = all.audited.map((policy) => new Layer(policy, caller));
    this.#auditRules = all.auditRules.filter(({ rule }) => meetsCallerConditions(rule, caller));
    this.connection = lastOf(this.#enforced, (layer) => layer.atBest);
    const isConstant = [...this.#enforced, ...this.#audited].every((layer) => layer.isConstant) && this.#auditRules.length === 0;
    this.#constant = isConstant ? this.#decide({ http: undefined, port: undefined }) : undefined;
  }

  request(request: RequestHead): Judgement {
    const { path, method } = request;
    const { namedHeaders, tolerated, unjudged } = this.#all;
    const target = isPlainTarget(path) || isAuthority(request) ? path : canonicalTarget(path, tolerated);
    if (typeof target !== 'string' && !target.ok) return { decision: unjudged.path, path, detail: target.refusal.detail };
    const canonical = typeof target === 'string' ? target : target.value;
    // `*` is a target of OPTIONS alone (RFC 9112 section 3.2.4).
    if (canonical === '*' && method !== 'OPTIONS') return { decision: unjudged.path, path, detail: 'the target is not a path' };
    if (this.#all.looksAtMethods && !METHOD.test(method)) return { decision: unjudged.method, path: canonical };
    const headers = namedHeaders?.read(request.headers);
    if (headers?.ok === false) return { decision: unjudged.headers, path: canonical, detail: headers.refusal.detail };
    if (this.#constant !== undefined) return { decision: this.#constant, path: canonical };
    const judged = isAuthority(request) ? '*' : judgedPath(canonical);
    const http = { method, path: judged, headers: headers?.value ?? NO_HEADERS };
    return { decision: this.#decide({ http, port: request.port }), path: canonical };
  }

  /** A raw stream: rules that look at requests allow none, and deny all. */
  stream(port: number | undefined): Decision {
    return this.#constant ?? this.#decide({ http: undefined, port });
  }

  #decide(asked: Asked): Decision {
    const decision = lastOf(this.#enforced, (layer) => layer.decide(asked));
    if (!decision.allowed) return decision;
    const audit = this.#wouldRefuse(asked);
    return audit === undefined ? decision : { ...decision, audit };
  }

  #wouldRefuse(asked: Asked): AuditFinding | undefined {
    const rule = firstMet(this.#auditRules, asked);
    if (rule !== undefined) return findingOf(rule.decision);
    for (const layer of this.#audited) {
      const decision = layer.decide(asked);
      if (!decision.allowed) return findingOf(decision);
    }
    return undefined;
  }
}

/** A tunnel asks for no path but for a host and a port (RFC 9112 section 3.2.3). */
export function isAuthority({ method, path }: RequestHead): boolean {
  return method === 'CONNECT' && /^[\w.[\]:-]+$/.test(path);
}

const METHOD = /^[A-Z]+(?:-[A-Z]+)*$/;

/** Of several policies all must allow; the first that does not decides. */
function lastOf(layers: readonly Layer[], ask: (layer: Layer) => Decision): Decision {
  let last: Decision = NO_POLICY;
  for (const layer of layers) {
    last = ask(layer);
    if (!last.allowed) return last;
  }
  return last;
}

function firstMet(rules: readonly CompiledRule[], asked: Asked): CompiledRule | undefined {
  return rules.find(({ conditions }) => conditions.areMet(asked));
}

function findingOf(decision: Decision): AuditFinding | undefined {
  if (decision.allowed) return undefined;
  const { policy, rule, because } = decision;
  return { policy, rule, because };
}

/** What is left of one policy for one caller: rules about others are gone. */
class Layer {
  readonly isConstant: boolean;
  /** The decision about the request that it likes best. */
  readonly atBest: Decision;
  readonly #denies: readonly CompiledRule[];
  readonly #allows: readonly CompiledRule[];
  readonly #otherwise: Decision;

  constructor({ name, policy, denies, allows }: CompiledPolicy, caller: Caller) {
    const isAbout = ({ rule }: CompiledRule): boolean => meetsCallerConditions(rule, caller);
    this.#denies = denies.filter(isAbout);
    const mayAllow = allows.filter(isAbout);
    this.#otherwise = Object.freeze(otherwise(name, policy, caller, mayAllow.length > 0));
    // The list of callers comes before the rules that allow, and needs none of them.
    this.#allows = this.#otherwise.rule === 'allow' ? [] : mayAllow;
    this.isConstant = this.#denies.length + this.#allows.length === 0;
    const always = this.#denies.find(({ conditions }) => conditions.areNone)?.decision;
    this.atBest = always ?? (this.#otherwise.allowed ? this.#otherwise : (this.#allows[0]?.decision ?? this.#otherwise));
  }

  decide(asked: Asked): Decision {
    return (firstMet(this.#denies, asked) ?? firstMet(this.#allows, asked))?.decision ?? this.#otherwise;
  }
}

/** What holds of a caller where no rule matches. */
function otherwise(name: string, { default: fallback, allow, rules = [] }: Policy, caller: Caller, mayAllow: boolean): Decision {
  const allowed = (rule: string): Allowed => ({ allowed: true, policy: name, rule });
  const refused = (because: RefusalCode): Denied => ({ allowed: false, policy: name, rule: 'default', because });
  if (allow.some((listed) => listed === caller.name)) return allowed('allow');
  if (fallback === 'authenticated' || (fallback === 'members' && isMember(caller))) return allowed('default');
  if (mayAllow) return refused('policy-no-rule');
  if (fallback === 'members') return refused('policy-not-a-member');
  return refused(allow.length > 0 || rules.some(({ action }) => action === 'allow') ? 'policy-not-listed' : 'policy-deny-all');
}
