import fc from 'fast-check';
import { TargetName } from '../../src/app/target-name.ts';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { IdentityId } from '../../src/identity/id.ts';
import type { Caller } from '../../src/policy/caller.ts';
import type { RequestHead } from '../../src/policy/caller-policies.ts';
import type { NamedPolicy } from '../../src/policy/compiled-policies.ts';
import { policyShape } from '../../src/policy/policy.ts';
import { TOLERANCE_NAMES } from '../../src/policy/tolerance.ts';
import { named } from '../builders/apps.ts';

/** Few of everything, so that rules meet requests. */
const SERVICES = ['web', 'orders', 'invoices.billing', 'web.billing'];
const IDS = ['a', 'b', 'c'].map((letter) => IdentityId.parse(`${letter.repeat(51)}a`)).filter((id) => id !== undefined);
const PATTERNS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/**',
  '/*',
  '/a/*',
  '/**',
  '/**/b',
  '/a/*/b/**',
  '/a+b',
  '/a%2Fb',
  '/a;b',
  '/%2A',
  '/%C3%A9',
];
const HEADERS = ['x-role', 'x-team'];

const optional = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 3 });
const some = <T>(...values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength: 1, maxLength: Math.min(3, values.length) });

const headerCondition = fc.oneof(fc.boolean(), some('admin', 'user', 'a, b'));

const rule = fc.record({
  action: fc.constantFrom('allow', 'deny'),
  mode: fc.constantFrom(undefined, undefined, 'audit', 'enforce'),
  services: optional(some(...SERVICES)),
  apps: optional(some('.', 'billing')),
  labels: optional(fc.constantFrom({ team: 'shop' }, { team: 'ops' }, { team: 'shop', tier: 'one' })),
  ids: optional(some(...IDS, ...IDS.map((id) => `spiffe://${id}`), `spiffe://${IDS[0] ?? ''}/i/one`)),
  methods: optional(some('GET', 'POST', 'M-SEARCH', 'CONNECT')),
  paths: optional(some(...PATTERNS)),
  headers: optional(
    fc
      .oneof(...HEADERS.map((name) => fc.record({ [name]: headerCondition })))
      .map((headers): Record<string, boolean | string[]> => headers),
  ),
  ports: optional(some(80, 443)),
});

const policy = fc
  .record({
    default: fc.constantFrom('members', 'authenticated', 'deny-all', 'deny-all'),
    allow: fc.subarray(['web', 'orders', 'web.billing'], { maxLength: 2 }),
    rules: optional(fc.array(rule, { maxLength: 5 })),
    mode: fc.constantFrom(undefined, undefined, undefined, 'audit', 'enforce'),
    tolerate: optional(fc.subarray([...TOLERANCE_NAMES])),
  })
  .map(({ rules, ...others }) => {
    const numbered = rules?.map(({ action, mode, ...conditions }, index) =>
      defined({ ...conditions, name: `r${index}`, action, mode: action === 'deny' ? mode : undefined }),
    );
    return policyShape(defined({ ...others, rules: numbered }), '');
  });

export const policies: fc.Arbitrary<readonly NamedPolicy[]> = fc
  .array(policy, { maxLength: 3 })
  .map((list) => list.map((each, index) => ({ name: `p${index}`, policy: each })));

export const callers: fc.Arbitrary<Caller> = fc
  .record({
    name: fc.constantFrom(named('web'), named('orders'), named('invoices'), undefined),
    app: fc.constantFrom(undefined, undefined, named('billing')),
    labels: fc.constantFrom({}, { team: 'shop' }, { team: 'shop', tier: 'one' }),
    id: fc.constantFrom(...IDS),
    instance: fc.constantFrom('one', 'two'),
  })
  .map(({ name, app, labels, id, instance }) => ({
    name: name && TargetName.of(name, app),
    alias: name === undefined ? undefined : app,
    labels: new Map<string, string>(Object.entries(labels)),
    id,
    spiffeId: `spiffe://${id}/i/${instance}`,
  }));

const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/b/',
  '/a/x/b',
  '/a/x/b/c',
  '/b',
  '/a+b',
  '/a%2bb',
  '/a%2fb',
  '/a;b',
  '/*',
  '/%2a',
  '/%c3%a9',
  '*',
  'a:443',
  'é',
  '',
];
const parts = fc.constantFrom(
  'a',
  'b',
  '.',
  '..',
  '',
  '%2e',
  '%2F',
  '%5c',
  ';',
  '%3b',
  '%25',
  '41',
  '%2525',
  '%41',
  '*',
  '#',
  '\\',
  '%',
  '%zz',
  '%ff',
);
const paths = fc.oneof(
  { arbitrary: fc.constantFrom(...PATHS), weight: 6 },
  { arbitrary: fc.array(parts, { maxLength: 4 }).map((list) => `/${list.join('/')}`), weight: 1 },
  { arbitrary: fc.array(parts, { maxLength: 4 }).map((list) => `/${list.join('')}?q=/../`), weight: 1 },
);

const names = fc.constantFrom(...HEADERS, 'X-Role', 'x_role', 'x.team', 'connection', 'accept', '__proto__', 'constructor');
const values = fc.constantFrom('admin', 'user', 'a, b', 'user, admin', ' admin ', '', 'x-role', 'close, X-Team', 'Admin');
const header = fc.oneof(
  { arbitrary: fc.tuple(fc.constantFrom(...HEADERS), values), weight: 3 },
  { arbitrary: fc.tuple(names, values), weight: 1 },
);

export const requests: fc.Arbitrary<RequestHead> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'M-SEARCH', 'OPTIONS', 'CONNECT', 'get'),
  path: paths,
  headers: fc.array(header, { maxLength: 3 }).map((list) => list.flat()),
  port: fc.constantFrom(80, 443, 8080, undefined),
});

function defined(fields: Readonly<Record<string, unknown>>): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Json;
}
