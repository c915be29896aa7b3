import { memberJson } from '../../../packages/core/src/app/member.ts';
import type { Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { memberOf, membershipBytes, newApp } from '../../../packages/core/test/builders/apps.ts';
import { restate, without, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, NOW, rotated } from '../../../packages/core/test/builders/identities.ts';
import { Cases, encoded, type VectorFile } from './case.ts';
import { beliefs } from './beliefs.ts';

const DAY = 86_400;

export async function membershipVectors(): Promise<VectorFile> {
  const cases = new Cases();
  await statements(cases);
  await beliefs(cases);
  return cases.file(
    'Memberships as statements; and the rule by which the charter held and the membership carried decide who is a member.',
  );
}

async function statements(cases: Cases): Promise<void> {
  const service = await newIdentity();
  const member = { ...memberOf('orders', service), labels: new Map([['tier', 'web']]) };
  const app = await newApp({ members: [member] });
  const wire = await membershipBytes(app, member);
  const facts = { name: 'orders', id: service.history.id };
  const input = (bytes: Uint8Array, now = NOW, history = app.owner.history): Json => ({
    bytes: encoded(bytes),
    app: encoded(historyBytes(history)),
    now,
  });
  const good = (name: string, about: string, given: Json): void => cases.accepted('membership', name, about, given, facts);
  const later = await rotated(app.owner, { now: NOW + 100, grace: 1000 });
  good('membership', 'An owner admits a service.', input(wire));
  good('membership-ahead-60', 'Dated 60 seconds ahead.', input(wire, NOW - 60));
  good('membership-in-last-second', 'In its last second.', input(wire, NOW + DAY - 1));
  good('membership-in-grace', 'The app has rotated, and its old keys are in grace.', input(wire, NOW + 1099, later.history));

  const bad = (name: string, about: string, given: Json, code: RefusalCode, from = 'membership'): void =>
    cases.refused('membership', name, from, about, given, code);
  const changed = async (name: string, about: string, change: JsonObject, code: RefusalCode): Promise<void> =>
    bad(name, about, input(await restate(wire, app.owner.operational, (claims) => ({ ...claims, ...change }))), code);
  const other = await newIdentity();
  bad('membership-future', 'Dated 61 seconds ahead.', input(wire, NOW - 61), 'membership-future');
  bad('membership-ended', 'At its end.', input(wire, NOW + DAY), 'membership-expired');
  bad('membership-of-other-app', 'Of another app.', input(wire, NOW, other.history), 'membership-other-app');
  bad(
    'membership-after-grace',
    'The grace of the old keys of the app is over.',
    input(wire, NOW + 1100, later.history),
    'membership-key-sequence',
    'membership-in-grace',
  );
  await changed('membership-key-1', 'A key sequence that the app does not have.', { charter: [1, 0] }, 'membership-key-sequence');
  await changed('membership-life', 'It lasts longer than 400 days.', { exp: NOW + 401 * DAY }, 'statement-shape');
  await changed('membership-exp-iat', 'It ends when it begins.', { exp: NOW }, 'statement-shape');
  await changed('membership-unknown-field', 'A field that is unknown.', { admitter: 'a' }, 'statement-shape');
  await changed(
    'membership-member-without-min',
    'A member without its least event.',
    { member: without(memberJson(member) as JsonObject, 'min') },
    'statement-shape',
  );
  bad(
    'membership-by-member',
    'By the member itself.',
    input(await membershipBytes(app, member, { signers: service.operational })),
    'statement-key-unknown',
  );
  bad(
    'membership-by-recovery',
    'By the recovery key of the app.',
    input(await membershipBytes(app, member, { signers: app.owner.recovery })),
    'statement-key-unknown',
  );
  const old = await membershipBytes(app, member, { charter: [1, 0] });
  bad(
    'membership-by-old-keys',
    'By a thief of the old keys as if by the new ones.',
    input(old, NOW + 200, later.history),
    'statement-key-unknown',
    'membership-in-grace',
  );
}
