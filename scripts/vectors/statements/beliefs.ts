import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import type { Sequence } from '../../../packages/core/src/app/sequence.ts';
import type { Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { History } from '../../../packages/core/src/identity/history.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { advanced, memberOf, membershipBytes, newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { newIdentity, NOW, retired, rotated } from '../../../packages/core/test/builders/identities.ts';
import { type Cases, encoded } from './case.ts';

const DAY = 86_400;

interface World {
  readonly held: OwnedApp;
  readonly peer: History;
  readonly membership?: Uint8Array;
  readonly newest?: Sequence;
  readonly freshness?: number;
  readonly now?: number;
}

export async function beliefs(cases: Cases): Promise<void> {
  const [orders, payments, newcomer, outsider] = await Promise.all([newIdentity(), newIdentity(), newIdentity(), newIdentity()]);
  const one = await newApp({ members: [memberOf('orders', orders), memberOf('payments', payments)] });
  const two = await advanced(one, { members: [...one.state.charter.claims.members, memberOf('mail', newcomer)] });
  const three = await advanced(two, {
    members: two.state.charter.claims.members.filter(({ id }) => id !== payments.history.id),
    removed: [{ id: payments.history.id, until: NOW + DAY }],
  });
  const admitted = await membershipBytes(two, memberOf('mail', newcomer));
  const known = await membershipBytes(two, memberOf('orders', orders));
  const good = (name: string, about: string, world: World, member: string, by: 'charter' | 'membership', behind: boolean): void =>
    cases.accepted('belief', name, about, given(world), { name: member, by, behind });
  const bad = (name: string, from: string, about: string, world: World, code: RefusalCode): void =>
    cases.refused('belief', name, from, about, given(world), code);
  const mail = newcomer.history;
  const ours = orders.history;

  good(
    'by-charter',
    'The charter held names the peer, which carries nothing.',
    { held: one, peer: ours },
    'orders',
    'charter',
    false,
  );
  good(
    'by-charter-with-older-membership',
    'The charter held is newer than the membership.',
    { held: three, peer: ours, membership: known },
    'orders',
    'charter',
    false,
  );
  good(
    'by-charter-with-equal-membership',
    'The charter held is the one that the membership names.',
    { held: two, peer: mail, membership: admitted },
    'mail',
    'charter',
    false,
  );
  good(
    'by-newer-membership',
    'A service that just joined.',
    { held: one, peer: mail, membership: admitted },
    'mail',
    'membership',
    true,
  );
  good(
    'by-newer-membership-at-bound',
    'As old as it may be.',
    { held: one, peer: mail, membership: admitted, now: NOW + 600 },
    'mail',
    'membership',
    true,
  );
  good(
    'by-newer-membership-with-head',
    'A head names the same charter.',
    { held: one, peer: mail, membership: admitted, newest: [0, 1] },
    'mail',
    'membership',
    true,
  );
  const takenOver = await membershipBytes(two, memberOf('orders', newcomer));
  good(
    'by-newer-membership-of-held-name',
    'The newer charter gives a name to another identity than the one held does.',
    { held: one, peer: mail, membership: takenOver },
    'orders',
    'membership',
    true,
  );
  good(
    'by-charter-with-stale-membership',
    'The membership is too old to be confirmed, and the charter held names the peer.',
    { held: one, peer: ours, membership: known, now: NOW + 601 },
    'orders',
    'charter',
    true,
  );
  good(
    'by-charter-with-outdated-membership',
    'A head says that the membership is outdated, and the charter held names the peer.',
    { held: one, peer: ours, membership: known, newest: [0, 2] },
    'orders',
    'charter',
    true,
  );
  good(
    'by-ended-charter',
    'Known members go on under a charter that has ended.',
    { held: one, peer: ours, now: NOW + 100 * DAY },
    'orders',
    'charter',
    false,
  );
  const foreign = await membershipBytes(await newApp(), memberOf('orders', orders), { charter: [0, 9] });
  good(
    'by-charter-with-foreign-membership',
    'A membership of another app is nothing to this one.',
    { held: one, peer: ours, membership: foreign },
    'orders',
    'charter',
    false,
  );
  const theft = await rotated(orders, { grace: 0 });
  const raised = await advanced(one, { members: [memberOf('orders', theft), memberOf('payments', payments)] });
  good(
    'by-charter-after-rotation',
    'The peer has the event that the charter asks for.',
    { held: raised, peer: theft.history },
    'orders',
    'charter',
    false,
  );

  bad(
    'unknown',
    'by-charter',
    'The charter held does not name the peer.',
    { held: one, peer: outsider.history },
    'member-unknown',
  );
  bad(
    'unknown-with-equal-membership',
    'by-charter-with-equal-membership',
    'A membership for the charter held, which does not name the peer.',
    { held: one, peer: mail, membership: await membershipBytes(one, memberOf('mail', newcomer)) },
    'member-unknown',
  );
  bad(
    'unknown-with-foreign-membership',
    'by-newer-membership',
    'A membership of another app.',
    { held: one, peer: mail, membership: foreign },
    'member-unknown',
  );
  bad('removed', 'by-charter', 'The charter held removes the peer.', { held: three, peer: payments.history }, 'member-removed');
  const readmitted = await membershipBytes(three, memberOf('payments', payments), { charter: [0, 9] });
  bad(
    'removed-with-newer-membership',
    'by-newer-membership',
    'Removal beats every membership.',
    { held: three, peer: payments.history, membership: readmitted },
    'member-removed',
  );
  const selfMade = await membershipBytes(one, memberOf('mail', outsider), {
    charter: [0, Number.MAX_SAFE_INTEGER],
    signers: outsider.operational,
  });
  bad(
    'self-made-membership',
    'by-newer-membership',
    'An outsider admits itself, with a sequence beyond all others.',
    { held: one, peer: outsider.history, membership: selfMade },
    'statement-key-unknown',
  );
  const byMember = await membershipBytes(one, memberOf('mail', outsider), { charter: [0, 9], signers: orders.operational });
  bad(
    'membership-by-other-member',
    'by-newer-membership',
    'A member admits an outsider.',
    { held: one, peer: outsider.history, membership: byMember },
    'statement-key-unknown',
  );
  bad(
    'membership-of-other-identity',
    'by-newer-membership',
    'The membership of another service.',
    { held: one, peer: outsider.history, membership: admitted },
    'membership-other-identity',
  );
  bad(
    'membership-of-other-identity-by-member',
    'by-newer-membership',
    'A member presents the membership of another.',
    { held: one, peer: ours, membership: admitted },
    'membership-other-identity',
  );
  bad(
    'membership-stale',
    'by-newer-membership-at-bound',
    'A second older than it may be.',
    { held: one, peer: mail, membership: admitted, now: NOW + 601 },
    'membership-unconfirmed',
  );
  bad(
    'membership-outdated',
    'by-newer-membership-with-head',
    'A head names a newer charter than the membership.',
    { held: one, peer: mail, membership: admitted, newest: [0, 2] },
    'membership-outdated',
  );
  bad(
    'membership-under-ended-charter',
    'by-newer-membership',
    'Nobody new is admitted under a charter that has ended.',
    {
      held: one,
      peer: mail,
      membership: await membershipBytes(two, memberOf('mail', newcomer), { iat: NOW + 100 * DAY }),
      now: NOW + 100 * DAY,
    },
    'charter-expired',
  );
  bad(
    'membership-ended-in-belief',
    'by-newer-membership',
    'The membership has ended.',
    {
      held: one,
      peer: mail,
      membership: await membershipBytes(two, memberOf('mail', newcomer), { exp: NOW + 60 }),
      now: NOW + 60,
    },
    'membership-expired',
  );
  bad(
    'membership-future-in-belief',
    'by-newer-membership',
    'The membership is dated 61 seconds ahead.',
    { held: one, peer: mail, membership: await membershipBytes(two, memberOf('mail', newcomer), { iat: NOW + 61 }) },
    'membership-future',
  );
  const renewed = await rotated(one.owner);
  const underNew = await membershipBytes({ ...one, owner: renewed }, memberOf('mail', newcomer), { charter: [1, 0] });
  bad(
    'membership-under-unknown-keys',
    'by-newer-membership',
    'Signed under keys of the app that the verifier has not heard of.',
    { held: one, peer: mail, membership: underNew },
    'membership-key-sequence',
  );
  bad(
    'keys-behind',
    'by-charter-after-rotation',
    'The peer presents the history before its theft.',
    { held: raised, peer: ours },
    'member-key-behind',
  );
  bad(
    'keys-forked',
    'by-charter-after-rotation',
    'The peer presents another rotation than the one that the charter asks for.',
    { held: raised, peer: (await rotated(orders, { grace: 0 })).history },
    'member-key-behind',
  );
  const askingMore = await membershipBytes(two, memberOf('orders', theft));
  bad(
    'keys-behind-by-membership',
    'by-newer-membership',
    'The membership asks for a later event than the peer has.',
    { held: one, peer: ours, membership: askingMore },
    'member-key-behind',
  );
  bad(
    'retired-member',
    'by-charter',
    'The peer was retired.',
    { held: one, peer: (await retired(orders)).history },
    'history-retired',
  );
}

function given({ held, peer, membership, newest, freshness = 600, now = NOW }: World): Json {
  return {
    app: encoded(appStateBytes(held.state)),
    history: encoded(historyBytes(peer)),
    ...(membership === undefined ? {} : { membership: encoded(membership) }),
    ...(newest === undefined ? {} : { newest }),
    freshness,
    now,
  };
}
