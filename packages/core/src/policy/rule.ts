import { labelsShape } from '../app/member.ts';
import { ServiceName } from '../app/name.ts';
import { TargetName } from '../app/target-name.ts';
import type { Json } from '../encoding/canonical-json.ts';
import { array, integer, object, oneOf, optional, record, ShapeError, text, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import { identitySpiffeId, parseInstanceSpiffeId } from '../identity/spiffe-id.ts';
import { pathPatternShape } from './path-pattern.ts';

/**
 * One rule of a policy. It matches what meets all of its conditions; of a condition that is a list, one entry is enough.
 * A rule without conditions matches everything.
 */
export interface Rule {
  /** Names the rule in logs, metrics and answers to "why". No two rules of a policy share one. */
  readonly name: ServiceName;
  readonly action: RuleAction;
  /** `audit`: it denies nothing, and what it would have denied is told. Of rules that deny only. Absent: `enforce`. */
  readonly mode?: PolicyMode;
  /** Callers: `web` of this app, `invoices.billing` of the app that the charter imports as `billing`. */
  readonly services?: readonly TargetName[];
  /** Apps of callers: the alias of an import, or `.` for this app. */
  readonly apps?: readonly string[];
  /** What a caller's charter entry must say, all of it. Of members of this app only, unless `apps` names others. */
  readonly labels?: ReadonlyMap<string, string>;
  /** Callers by identity: an ID, `spiffe://ID`, or `spiffe://ID/i/INSTANCE` for one instance. */
  readonly ids?: readonly string[];
  readonly methods?: readonly string[];
  /** See {@link pathPatternShape}. The query is not looked at. */
  readonly paths?: readonly string[];
  /** By name in lower case: `true` for present, `false` for absent, or values one of which it has. */
  readonly headers?: ReadonlyMap<string, HeaderCondition>;
  /** Ports of the callee that the request came to. */
  readonly ports?: readonly number[];
}

export type RuleAction = 'allow' | 'deny';
export type PolicyMode = 'enforce' | 'audit';
export type HeaderCondition = boolean | readonly string[];

export const policyModeShape: Shape<PolicyMode> = oneOf('enforce', 'audit');

/** The most rules of a policy. */
export const MAX_RULES = 1000;

const MAX_ENTRIES = 1000;

function appShape(value: Json, path: string): string {
  if (value !== THIS_APP && !ServiceName.is(value)) throw new ShapeError(path, 'the alias of an imported app, or . for this one');
  return value;
}

/** How a rule names the callee's own app: no alias looks like it. */
export const THIS_APP = '.';

function identityShape(value: Json, path: string): string {
  if (typeof value !== 'string' || !isIdentity(value)) {
    throw new ShapeError(path, 'an identity: its ID, spiffe://ID, or spiffe://ID/i/INSTANCE');
  }
  return value;
}

function isIdentity(text: string): boolean {
  const id = IdentityId.parse(text.replace(/^spiffe:\/\//, ''));
  return id === undefined ? parseInstanceSpiffeId(text) !== undefined : text === id || text === identitySpiffeId(id);
}

/** What says how a message travels, where to, or who calls: a policy has other ways to judge that. */
const NOT_FOR_POLICIES =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect|forwarded|proxy-.*|x-forwarded-client-cert|x-themis-.*)$/;

/** A name that no program takes for another: of letters, digits and hyphens. */
const HEADER_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

function headerShape(value: Json, path: string): HeaderCondition {
  return typeof value === 'boolean' ? value : headerValues(value, path);
}

const headerValues = array(text(/^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/, 'a value of graphic ASCII'), {
  min: 1,
  max: 100,
});

const namedHeaders = record(HEADER_NAME, headerShape, 16);

function headersShape(value: Json, path: string): ReadonlyMap<string, HeaderCondition> {
  const headers = namedHeaders(value, path);
  const name = [...headers.keys()].find((key) => key.length > 64 || NOT_FOR_POLICIES.test(key));
  if (name !== undefined) throw new ShapeError(`${path}.${name.slice(0, 40)}`, 'absent: no policy looks at that header');
  if (headers.size === 0) throw new ShapeError(path, 'a map of at least one header');
  return headers;
}

function nonEmptyLabels(value: Json, path: string): ReadonlyMap<string, string> {
  const labels = labelsShape(value, path);
  if (labels.size === 0) throw new ShapeError(path, 'a map of at least one label');
  return labels;
}

/** The parts of a rule, each by itself: also for readers that tell all mistakes at once. An empty list is a mistake. */
export const RULE_FIELDS: { readonly [Name in keyof Rule]-?: Shape<NonNullable<Rule[Name]>> } = {
  name: ServiceName.shape,
  action: oneOf('allow', 'deny'),
  mode: policyModeShape,
  services: listOf(TargetName.shape),
  apps: listOf(appShape),
  labels: nonEmptyLabels,
  ids: listOf(identityShape),
  methods: listOf(text(/^[A-Z]{1,32}(?:-[A-Z]{1,32})?$/, 'a method in upper case')),
  paths: listOf(pathPatternShape),
  headers: headersShape,
  ports: listOf(integer(1, 65_535)),
};

const fields = object<Rule>({
  name: RULE_FIELDS.name,
  action: RULE_FIELDS.action,
  mode: optional(RULE_FIELDS.mode),
  services: optional(RULE_FIELDS.services),
  apps: optional(RULE_FIELDS.apps),
  labels: optional(RULE_FIELDS.labels),
  ids: optional(RULE_FIELDS.ids),
  methods: optional(RULE_FIELDS.methods),
  paths: optional(RULE_FIELDS.paths),
  headers: optional(RULE_FIELDS.headers),
  ports: optional(RULE_FIELDS.ports),
});

export const ruleShape: Shape<Rule> = (value, path) => {
  const rule = fields(value, path);
  if (rule.action === 'allow' && rule.mode !== undefined) {
    throw new ShapeError(path === '' ? 'mode' : `${path}.mode`, 'absent: of rules that deny only');
  }
  return rule;
};

export function ruleJson(rule: Rule): Json {
  const { labels, headers, ...others } = rule;
  return {
    ...others,
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) }),
  };
}

function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return array(item, { min: 1, max: MAX_ENTRIES });
}
