import { meetsHeaderCondition, type HeaderValues } from './named-headers.ts';
import { PathPattern } from './path-pattern.ts';
import type { HeaderCondition, Rule, RuleAction } from './rule.ts';

/** What rules look at in a request. */
export interface Asked {
  /** Undefined for a raw stream, which has none of these but a port. */
  readonly http: AskedHttp | undefined;
  /** Undefined where the callee has none: a unix socket. */
  readonly port: number | undefined;
}

export interface AskedHttp {
  readonly method: string;
  /** As `judgedPath` gives it; `*` for what has none: the server as a whole, and tunnels. */
  readonly path: string;
  readonly headers: HeaderValues;
}

/** What a rule says of requests. */
export const REQUEST_CONDITIONS = ['methods', 'paths', 'headers', 'ports'] as const;

export type RequestCondition = (typeof REQUEST_CONDITIONS)[number];

/**
 * What a rule says of requests, ready to be asked. What cannot be told of a request meets the condition of a rule that denies,
 * and of no other.
 */
export class RequestConditions {
  readonly #action: RuleAction;
  readonly #methods: readonly string[] | undefined;
  readonly #paths: readonly PathPattern[] | undefined;
  readonly #headers: readonly (readonly [string, HeaderCondition])[] | undefined;
  readonly #ports: readonly number[] | undefined;

  constructor({ action, methods, paths, headers, ports }: Pick<Rule, 'action' | RequestCondition>) {
    this.#action = action;
    this.#methods = methods;
    this.#paths = paths?.map((pattern) => new PathPattern(pattern));
    this.#headers = headers && [...headers];
    this.#ports = ports;
  }

  /** Whether there are none, so that every request meets them. */
  get areNone(): boolean {
    return [this.#methods, this.#paths, this.#headers, this.#ports].every((condition) => condition === undefined);
  }

  /** Those that are cheap to ask come first. */
  areMet({ http, port }: Asked): boolean {
    const isUntold = this.#action === 'deny';
    if (this.#ports !== undefined && !(port === undefined ? isUntold : this.#ports.includes(port))) return false;
    if (http === undefined) return isUntold || (this.#methods ?? this.#paths ?? this.#headers) === undefined;
    if (this.#methods !== undefined && !this.#methods.includes(http.method)) return false;
    return this.#meetsPaths(http.path, isUntold) && this.#meetsHeaders(http.headers);
  }

  #meetsPaths(path: string, isUntold: boolean): boolean {
    const paths = this.#paths;
    if (paths === undefined) return true;
    if (path === '*') return isUntold;
    for (let index = 0; index < paths.length; index += 1) if (paths[index]?.matches(path) === true) return true;
    return false;
  }

  #meetsHeaders(values: HeaderValues): boolean {
    if (this.#headers === undefined) return true;
    return this.#headers.every(([name, condition]) => meetsHeaderCondition(condition, values.get(name) ?? NONE, this.#action));
  }
}

const NONE: readonly string[] = [];
