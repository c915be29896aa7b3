import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, forge, without, type Content, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { NOW } from '../../../packages/core/test/builders/identities.ts';
import { type Cases } from './case.ts';
import { input } from './charter-cases.ts';

const TYP = STATEMENT_KINDS.charter.typ;
const DAY = 86_400;

export async function badFields(cases: Cases, { state, owner }: OwnedApp): Promise<void> {
  const wire = state.charter.statement.bytes;
  const claims = claimsOf(wire);
  const bad = async (name: string, about: string, content: Content, code: RefusalCode, now = NOW): Promise<void> =>
    cases.refused('app-state', name, 'full', about, input(state, await forge(TYP, content, owner.operational), now), code);
  const changed = (name: string, about: string, change: JsonObject, code: RefusalCode = 'statement-shape'): Promise<void> =>
    bad(name, about, { ...claims, ...change }, code);
  const list = (name: string): readonly JsonObject[] => claims[name] as readonly JsonObject[];
  const [orders = {}, payments = {}] = list('members');
  const [removal = {}] = list('removed');
  const [admitter = {}] = list('admitters');
  const [clock = {}] = list('timekeepers');
  const [imported = {}] = list('imports');
  const [policy = {}] = list('policies');
  for (const name of Object.keys(claims))
    await bad(`no-${name}`, `The field ${name} missing.`, without(claims, name), 'statement-shape');
  await changed('unknown-field', 'A field that is unknown.', { owners: [] });
  await changed('v-2', 'Another version.', { v: 2 });
  await changed('seq-negative', 'A sequence below zero.', { seq: -1 });
  await changed('seq-1-without-prev', 'The second charter without the digest of the first.', { seq: 1 });
  await changed('seq-0-with-prev', 'The first charter with the digest of another.', { prev: state.charter.digest });
  await changed('key-16', 'A key sequence beyond the last.', { key: 16 });
  await changed('key-1', 'A key sequence that the app does not have.', { key: 1 }, 'charter-key-sequence');
  await changed('exp-iat', 'It ends when it begins.', { exp: NOW });
  await changed('life-401-days', 'It lasts longer than 400 days.', { exp: NOW + 401 * DAY });
  await bad('ahead-61', 'Dated 61 seconds ahead.', claims, 'charter-future', NOW - 61);
  await changed('name-upper-case', 'A name in upper case.', { members: [{ ...orders, name: 'Orders' }] });
  await changed('name-41', 'A name of 41 characters.', { members: [{ ...orders, name: 'a'.repeat(41) }] });
  await changed('name-id', 'A name that is an ID.', { members: [{ ...orders, name: orders['id'] ?? null }] });
  await changed('name-empty', 'An empty name.', { members: [{ ...orders, name: '' }] });
  await changed('name-hyphen', 'A name that begins with a hyphen.', { members: [{ ...orders, name: '-orders' }] });
  await changed('name-dot', 'A name of two labels.', { members: [{ ...orders, name: 'orders.billing' }] });
  await changed('name-line-end', 'A name with a line end.', { members: [{ ...orders, name: 'orders\n' }] });
  await changed('name-homograph', 'A name with a letter of another script.', { members: [{ ...orders, name: '\u043erders' }] });
  await changed('member-without-min', 'A member without its least event.', { members: [without(orders, 'min')] });
  await changed('member-min-negative', 'A least event below zero.', {
    members: [{ ...orders, min: { seq: -1, digest: state.charter.digest } }],
  });
  await changed('member-unknown-field', 'A field of a member that is unknown.', { members: [{ ...orders, admin: true }] });
  await changed('label-prototype', 'A label named __proto__.', { members: [{ ...orders, labels: { ['__proto__']: 'a' } }] });
  await changed('label-number', 'A label that is a number.', { members: [{ ...orders, labels: { tier: 1 } }] });
  await changed('labels-17', 'More than 16 labels.', {
    members: [{ ...orders, labels: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'a'])) }],
  });
  await changed('nodes-0', 'A member with no node.', { members: [{ ...payments, nodes: { count: 0, salt: 'A'.repeat(22) } }] });
  await changed('nodes-65', 'A member with more than 64 nodes.', {
    members: [{ ...payments, nodes: { count: 65, salt: 'A'.repeat(22) } }],
  });
  await changed('salt-short', 'A salt of 15 bytes.', { members: [{ ...payments, nodes: { count: 1, salt: 'A'.repeat(20) } }] });
  await changed(
    'name-twice',
    'One name for two identities.',
    { members: [orders, { ...payments, name: 'orders' }] },
    'charter-names-repeated',
  );
  await changed(
    'id-twice',
    'One identity under two names.',
    { members: [orders, { ...payments, id: orders['id'] ?? null }] },
    'charter-names-repeated',
  );
  await changed(
    'member-removed',
    'A member that is removed as well.',
    { removed: [{ ...removal, id: orders['id'] ?? null }] },
    'charter-names-repeated',
  );
  await changed('removed-twice', 'One removal twice.', { removed: [removal, removal] }, 'charter-names-repeated');
  await changed(
    'alias-of-member',
    'An alias that is a name.',
    { imports: [{ ...imported, alias: 'orders' }] },
    'charter-names-repeated',
  );
  await changed(
    'import-twice',
    'One app under two aliases.',
    { imports: [imported, { ...imported, alias: 'other' }] },
    'charter-names-repeated',
  );
  await changed('admitter-twice', 'One admitter twice.', { admitters: [admitter, admitter] }, 'charter-names-repeated');
  await changed('admitter-pattern-inner', 'A pattern with its star inside.', { admitters: [{ ...admitter, names: ['a*b'] }] });
  await changed('admitter-pattern-empty', 'An empty pattern.', { admitters: [{ ...admitter, names: [''] }] });
  await changed('admitter-pattern-expression', 'A regular expression.', { admitters: [{ ...admitter, names: ['(a+)+$'] }] });
  await changed('admitter-no-names', 'An admitter of no names.', { admitters: [{ ...admitter, names: [] }] });
  await changed('admitter-life', 'An admitter for longer than a day.', { admitters: [{ ...admitter, maxTtl: DAY + 1 }] });
  await changed(
    'timekeeper-twice',
    'One timekeeper twice: it would count for two.',
    { timekeepers: [clock, clock] },
    'charter-names-repeated',
  );
  await changed('policy-twice', 'One policy twice.', { policies: [policy, policy] }, 'charter-names-repeated');
  await changed('policy-default', 'A default that is unknown.', {
    policies: [{ ...policy, policy: { default: 'allow-all', allow: [] } }],
  });
  await changed('policy-no-default', 'A policy without a default.', { policies: [{ ...policy, policy: { allow: [] } }] });
  await changed('policy-unknown-field', 'A field of a policy that is unknown.', {
    policies: [{ ...policy, policy: { default: 'deny-all', allow: [], deny: [] } }],
  });
}
