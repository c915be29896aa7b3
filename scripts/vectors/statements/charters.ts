import { appStateBytes, type AppState } from '../../../packages/core/src/app/app-state.ts';
import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { Charter } from '../../../packages/core/src/app/charter.ts';
import { digestOf } from '../../../packages/core/src/encoding/sha256.ts';
import type { Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { bundleBytes, jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { advanced, memberOf, named, newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, forge, restate, without, type Content, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, newSigners, NOW, retired, rotated } from '../../../packages/core/test/builders/identities.ts';
import { appFacts } from '../../../packages/core/test/vectors/operations.ts';
import { Cases, encoded, type VectorFile } from './case.ts';

const TYP = STATEMENT_KINDS.charter.typ;
const DAY = 86_400;

export async function charterVectors(): Promise<VectorFile> {
  const cases = new Cases();
  const full = await fullApp();
  await goodCharters(cases, full);
  await badFields(cases, full);
  await badSignatures(cases);
  await badBundles(cases, full);
  await advances(cases);
  return cases.file('Charters with the history of their app; and whether one goes on from the one held.');
}

async function fullApp(): Promise<OwnedApp> {
  const [orders, payments, gone, admitter, clock, other] = await Promise.all(Array.from({ length: 6 }, () => newIdentity()));
  if (!orders || !payments || !gone || !admitter || !clock || !other) throw new TypeError('six identities');
  const point = ({ history }: typeof orders): { readonly id: typeof history.id; readonly min: typeof history.point } => ({ id: history.id, min: history.point });
  return newApp({
    members: [
      { ...memberOf('orders', orders), labels: new Map([['tier', 'web'], ['version', '1.2.3']]), ext: { note: 'a' } },
      { ...memberOf('payments', payments), nodes: { count: 2, salt: Buffer.alloc(16, 1) } },
    ],
    removed: [{ id: gone.history.id, until: NOW + DAY }],
    admitters: [{ ...point(admitter), names: ['job-*', 'cron'], attestations: ['oidc'], maxTtl: 3600 }],
    timekeepers: [point(clock)],
    imports: [{ alias: named('billing'), app: other.history.id, min: other.history.point }],
    policies: [{ name: named('money'), services: [named('payments')], policy: { default: 'deny-all', allow: [named('orders')] } }],
  });
}

async function goodCharters(cases: Cases, full: OwnedApp): Promise<void> {
  const good = (name: string, about: string, { state }: OwnedApp, now = NOW): void =>
    cases.accepted('app-state', name, about, { bytes: encoded(appStateBytes(state)), now }, appFacts(state));
  good('first', 'The first charter of an app, with nobody in it.', await newApp());
  good('full', 'Something in every list.', full);
  good('next', 'The second charter names the digest of the first.', await advanced(full, { members: [] }));
  good('ended', 'A charter past its end is still read: it says who was removed.', full, NOW + 400 * DAY);
  good('ahead-60', 'Dated 60 seconds ahead.', full, NOW - 60);
  good('owners-2-of-3', 'Signed by the three owners of whom two must.', await newApp({}, await newIdentity({ owners: 3, threshold: 2 })));
  const owner = await newIdentity();
  const before = await newApp({}, owner);
  good('after-rotation', 'Signed under the new keys of the app.', await advanced(before, {}, await rotated(owner)));
  const ext = await restate(full.state.charter.statement.bytes, full.owner.operational, (claims) => ({ ...claims, ext: { shards: ['a'] } }));
  cases.accepted('app-state', 'extension', 'What a newer release added is passed over.', input(full.state, ext), {
    ...(appFacts(full.state) as JsonObject),
    digest: digestOf(canonicalJson(claimsOf(ext))),
  });
}

async function badFields(cases: Cases, { state, owner }: OwnedApp): Promise<void> {
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
  for (const name of Object.keys(claims)) await bad(`no-${name}`, `The field ${name} missing.`, without(claims, name), 'statement-shape');
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
  await changed('member-min-negative', 'A least event below zero.', { members: [{ ...orders, min: { seq: -1, digest: state.charter.digest } }] });
  await changed('member-unknown-field', 'A field of a member that is unknown.', { members: [{ ...orders, admin: true }] });
  await changed('label-prototype', 'A label named __proto__.', { members: [{ ...orders, labels: { ['__proto__']: 'a' } }] });
  await changed('label-number', 'A label that is a number.', { members: [{ ...orders, labels: { tier: 1 } }] });
  await changed('labels-17', 'More than 16 labels.', { members: [{ ...orders, labels: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'a'])) }] });
  await changed('nodes-0', 'A member with no node.', { members: [{ ...payments, nodes: { count: 0, salt: 'A'.repeat(22) } }] });
  await changed('nodes-65', 'A member with more than 64 nodes.', { members: [{ ...payments, nodes: { count: 65, salt: 'A'.repeat(22) } }] });
  await changed('salt-short', 'A salt of 15 bytes.', { members: [{ ...payments, nodes: { count: 1, salt: 'A'.repeat(20) } }] });
  await changed('name-twice', 'One name for two identities.', { members: [orders, { ...payments, name: 'orders' }] }, 'charter-names-repeated');
  await changed('id-twice', 'One identity under two names.', { members: [orders, { ...payments, id: orders['id'] ?? null }] }, 'charter-names-repeated');
  await changed('member-removed', 'A member that is removed as well.', { removed: [{ ...removal, id: orders['id'] ?? null }] }, 'charter-names-repeated');
  await changed('removed-twice', 'One removal twice.', { removed: [removal, removal] }, 'charter-names-repeated');
  await changed('alias-of-member', 'An alias that is a name.', { imports: [{ ...imported, alias: 'orders' }] }, 'charter-names-repeated');
  await changed('import-twice', 'One app under two aliases.', { imports: [imported, { ...imported, alias: 'other' }] }, 'charter-names-repeated');
  await changed('admitter-twice', 'One admitter twice.', { admitters: [admitter, admitter] }, 'charter-names-repeated');
  await changed('admitter-pattern-inner', 'A pattern with its star inside.', { admitters: [{ ...admitter, names: ['a*b'] }] });
  await changed('admitter-pattern-empty', 'An empty pattern.', { admitters: [{ ...admitter, names: [''] }] });
  await changed('admitter-pattern-expression', 'A regular expression.', { admitters: [{ ...admitter, names: ['(a+)+$'] }] });
  await changed('admitter-no-names', 'An admitter of no names.', { admitters: [{ ...admitter, names: [] }] });
  await changed('admitter-life', 'An admitter for longer than a day.', { admitters: [{ ...admitter, maxTtl: DAY + 1 }] });
  await changed('timekeeper-twice', 'One timekeeper twice: it would count for two.', { timekeepers: [clock, clock] }, 'charter-names-repeated');
  await changed('policy-twice', 'One policy twice.', { policies: [policy, policy] }, 'charter-names-repeated');
  await changed('policy-default', 'A default that is unknown.', { policies: [{ ...policy, policy: { default: 'allow-all', allow: [] } }] });
  await changed('policy-no-default', 'A policy without a default.', { policies: [{ ...policy, policy: { allow: [] } }] });
  await changed('policy-unknown-field', 'A field of a policy that is unknown.', { policies: [{ ...policy, policy: { default: 'deny-all', allow: [], deny: [] } }] });
}

async function badSignatures(cases: Cases): Promise<void> {
  const owner = await newIdentity({ owners: 3, threshold: 2 });
  const { state } = await newApp({}, owner);
  const claims = claimsOf(state.charter.statement.bytes);
  const bad = async (name: string, about: string, signers: readonly Signer[], code: RefusalCode): Promise<void> =>
    cases.refused('app-state', name, 'owners-2-of-3', about, input(state, await forge(TYP, claims, signers)), code);
  await bad('owners-1-of-2', 'Signed by one owner, and two must.', owner.operational.slice(0, 1), 'statement-threshold');
  await bad('by-recovery', 'Signed by the recovery key.', owner.recovery, 'statement-key-unknown');
  await bad('by-owners-and-stranger', 'Signed by the owners and by a stranger.', [...owner.operational, ...newSigners(1)], 'statement-key-unknown');
  const after = await rotated(owner);
  const stolen = await restate(state.charter.statement.bytes, owner.operational, (honest) => ({ ...honest, key: 1 }));
  cases.refused('app-state', 'by-old-owners', 'after-rotation', 'Signed by a thief of the old keys as if by the new ones.', { bytes: encoded(bundleBytes('charter', { statement: stolen, history: after.history.wires })), now: NOW }, 'statement-key-unknown');
  const ended = await retired(owner);
  const bundled = bundleBytes('charter', { statement: state.charter.statement.bytes, history: ended.history.wires });
  cases.refused('app-state', 'retired', 'owners-2-of-3', 'The app was retired.', { bytes: encoded(bundled), now: NOW }, 'charter-key-sequence');
}

async function badBundles(cases: Cases, { state, owner }: OwnedApp): Promise<void> {
  const charter = jwsJson(state.charter.statement.bytes);
  const history = state.history.wires.map(jwsJson);
  const bad = (name: string, about: string, bytes: string | Uint8Array, code: RefusalCode): void =>
    cases.refused('app-state', name, 'full', about, { bytes: encoded(bytes), now: NOW }, code);
  const later = (await rotated(owner)).history;
  const other = (await newIdentity()).history;
  bad('bundle-older-charter', 'The charter is signed under older keys than the history has: they are published as one.', canonicalJson({ charter, history: later.wires.map(jwsJson) }), 'charter-key-sequence');
  bad('bundle-other-app', 'The history of another app.', canonicalJson({ charter, history: other.wires.map(jwsJson) }), 'charter-other-app');
  bad('bundle-no-history', 'No history.', canonicalJson({ charter }), 'statement-shape');
  bad('bundle-no-charter', 'No charter.', canonicalJson({ history }), 'statement-shape');
  bad('bundle-history-empty', 'A history of no events.', canonicalJson({ charter, history: [] }), 'history-empty');
  bad('bundle-history-object', 'An object in the place of the history.', canonicalJson({ charter, history: {} }), 'statement-shape');
  bad('bundle-member', 'A member more.', canonicalJson({ charter, history, head: null }), 'statement-shape');
  bad('bundle-list', 'A list of both.', canonicalJson([charter, history]), 'statement-shape');
  bad('bundle-charter-alone', 'The charter without its bundle.', state.charter.statement.bytes, 'statement-shape');
  bad('bundle-charter-null', 'A charter of null.', canonicalJson({ charter: null, history }), 'statement-not-jws');
  bad('bundle-charter-in-history', 'The charter among the events.', canonicalJson({ charter, history: [charter] }), 'statement-typ');
  bad('bundle-event-as-charter', 'An event in the place of the charter.', canonicalJson({ charter: history[0] ?? null, history }), 'statement-typ');
  bad('bundle-white-space', 'White space.', JSON.stringify({ charter, history }, null, 1), 'statement-not-canonical');
  bad('bundle-reordered', 'Members in another order.', JSON.stringify({ history, charter }), 'statement-not-canonical');
  bad('bundle-cut', 'Its last byte missing.', canonicalJson({ charter, history }).slice(0, -1), 'statement-not-json');
  bad('bundle-history-of-17', 'More than 16 events.', canonicalJson({ charter, history: Array.from({ length: 17 }, () => history[0] ?? null) }), 'history-too-long');
}

async function advances(cases: Cases): Promise<void> {
  const owner = await newIdentity();
  const first = await newApp({}, owner);
  const service = await newIdentity();
  const second = await advanced(first, { members: [memberOf('orders', service)] });
  const third = await advanced(second, {});
  const otherSecond = await advanced(first, {});
  const renewed = await rotated(owner);
  const afterRotation = await advanced(second, {}, renewed);
  const afterOtherRotation = await advanced(second, {}, await rotated(owner));
  const from = (held: OwnedApp, next: OwnedApp): Json => ({ held: encoded(appStateBytes(held.state)), bytes: encoded(appStateBytes(next.state)), now: NOW });
  const goes = (name: string, about: string, held: OwnedApp, next: OwnedApp, advance: 'same' | 'newer'): void =>
    cases.accepted('advance-app', name, about, from(held, next), { advance });
  const stays = (name: string, source: string, about: string, held: OwnedApp, next: OwnedApp, code: RefusalCode): void =>
    cases.refused('advance-app', name, source, about, from(held, next), code);
  goes('advance-same', 'The charter held.', second, second, 'same');
  goes('advance-next', 'The next charter.', first, second, 'newer');
  goes('advance-two', 'A charter between the two was never seen.', first, third, 'newer');
  goes('advance-rotation', 'The app has rotated.', first, afterRotation, 'newer');
  const thief = await thiefAtTheEnd(second);
  goes('advance-after-thief', 'After a rotation the owner is ahead of whatever a thief signed, however high the thief counted.', thief, afterRotation, 'newer');
  stays('advance-back', 'advance-next', 'The charter before the one held.', second, first, 'charter-rolled-back');
  stays('advance-back-by-thief', 'advance-rotation', 'A charter by the keys before the rotation, with a sequence beyond all others.', afterRotation, thief, 'charter-rolled-back');
  stays('advance-fork', 'advance-same', 'Another charter with the sequence of the one held.', second, otherSecond, 'charter-forked');
  stays('advance-link', 'advance-next', 'The next charter, but of another one than held.', otherSecond, third, 'charter-link');
  stays('advance-fork-of-app', 'advance-rotation', 'Another rotation of the app than the one held.', afterRotation, afterOtherRotation, 'history-forked');
  stays('advance-other-app', 'advance-next', 'A charter of another app.', first, await newApp(), 'charter-other-app');
}

/** A thief of the app's operational key signs a charter with the greatest sequence there is. */
async function thiefAtTheEnd({ owner, state }: OwnedApp): Promise<OwnedApp> {
  const wire = await restate(state.charter.statement.bytes, owner.operational, (claims) => ({ ...claims, seq: Number.MAX_SAFE_INTEGER, members: [] }));
  const charter = Charter.verify(wire, state.history, NOW);
  if (!charter.ok) throw new TypeError(charter.refusal.code);
  return { owner, state: { history: state.history, charter: charter.value } };
}

function input(state: AppState, charter: Uint8Array, now = NOW): Json {
  return { bytes: encoded(bundleBytes('charter', { statement: charter, history: state.history.wires })), now };
}
