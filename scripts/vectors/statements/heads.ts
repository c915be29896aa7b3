import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { signHead } from '../../../packages/core/src/app/head.ts';
import type { Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { History } from '../../../packages/core/src/identity/history.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { newIdentity, NOW, retired, rotated } from '../../../packages/core/test/builders/identities.ts';
import { Cases, encoded, first, type VectorFile } from './case.ts';

interface Plan {
  readonly app?: OwnedApp;
  readonly held?: OwnedApp;
  readonly by?: History;
  readonly signer?: Signer;
  readonly iat?: number;
  readonly exp?: number;
}

export async function headVectors(): Promise<VectorFile> {
  const cases = new Cases();
  const clock = await newIdentity();
  const app = await newApp({ timekeepers: [{ id: clock.history.id, min: clock.history.point }] });
  const { charter } = app.state;
  const facts = { charter: charter.sequence, digest: charter.digest };
  const head = async ({
    app: of = app,
    held = app,
    by = clock.history,
    signer = first(clock.operational),
    iat = NOW,
    exp = iat + 600,
  }: Plan = {}): Promise<Json> => {
    const claims = { app: of.owner.history.id, charter: charter.sequence, digest: charter.digest, iat, exp };
    const { bytes } = await signHead(claims, signer);
    return {
      bytes: encoded(bytes),
      timekeeper: encoded(historyBytes(by)),
      app: encoded(appStateBytes(held.state)),
      bound: 600,
      now: NOW,
    };
  };
  const bad = async (name: string, from: string, about: string, plan: Plan, code: RefusalCode): Promise<void> =>
    cases.refused('head', name, from, about, await head(plan), code);

  cases.accepted('head', 'head', 'The timekeeper says which charter is the newest.', await head(), facts);
  cases.accepted('head', 'ahead-60', 'Dated 60 seconds ahead.', await head({ iat: NOW + 60 }), facts);
  cases.accepted('head', 'last-second', 'In its last second.', await head({ iat: NOW - 599 }), facts);
  const renewed = await rotated(clock);
  const byRenewed = { by: renewed.history, signer: first(renewed.operational) };
  cases.accepted('head', 'rotated', 'The timekeeper has rotated.', await head(byRenewed), facts);

  await bad('future', 'ahead-60', 'Dated 61 seconds ahead.', { iat: NOW + 61 }, 'head-future');
  await bad('far-future', 'ahead-60', 'Dated a year ahead, to be believed for long.', { iat: NOW + 31_536_000 }, 'head-future');
  await bad('ended', 'last-second', 'At its end.', { iat: NOW - 600 }, 'head-expired');
  await bad('long-life', 'head', 'It lasts a second longer than the bound.', { exp: NOW + 601 }, 'head-life');
  await bad('eternal', 'head', 'It lasts to the year 9999.', { exp: 253_402_300_799 }, 'head-life');
  const other = await newApp();
  await bad('other-app', 'head', 'Of another app.', { app: other }, 'head-other-app');
  await bad('no-timekeeper', 'head', 'The charter names nobody.', { held: await newApp({}, app.owner) }, 'head-timekeeper');
  const stranger = await newIdentity();
  await bad(
    'stranger',
    'head',
    'By an identity that the charter does not name.',
    { by: stranger.history, signer: first(stranger.operational) },
    'head-timekeeper',
  );
  await bad(
    'stranger-as-timekeeper',
    'head',
    'By a stranger, and said to be by the timekeeper.',
    { signer: first(stranger.operational) },
    'statement-key-unknown',
  );
  await bad(
    'by-owner',
    'head',
    'By the owner of the app, who is no timekeeper.',
    { by: app.owner.history, signer: first(app.owner.operational) },
    'head-timekeeper',
  );
  await bad(
    'by-recovery',
    'head',
    'By the recovery key of the timekeeper.',
    { signer: first(clock.recovery) },
    'statement-key-unknown',
  );
  await bad(
    'by-old-keys',
    'rotated',
    'By a thief of the keys before the rotation of the timekeeper.',
    { by: renewed.history },
    'statement-key-unknown',
  );
  await bad('retired', 'head', 'The timekeeper was retired.', { by: (await retired(clock)).history }, 'history-retired');
  const raised = await newApp({ timekeepers: [{ id: clock.history.id, min: renewed.history.point }] }, app.owner);
  await bad('behind', 'head', 'The charter asks for a later event of the timekeeper.', { held: raised }, 'head-timekeeper');
  const forked = await rotated(clock);
  await bad(
    'forked',
    'rotated',
    'The charter asks for another event of the timekeeper.',
    { held: raised, by: forked.history, signer: first(forked.operational) },
    'head-timekeeper',
  );
  const removed = await newApp(
    { timekeepers: app.state.charter.claims.timekeepers, removed: [{ id: clock.history.id, until: NOW + 60 }] },
    app.owner,
  );
  await bad('removed', 'head', 'The charter removes the timekeeper, and still names it.', { held: removed }, 'head-timekeeper');
  return cases.file('Heads: what a timekeeper says of the newest charter. Their malformed forms are in jws.json.');
}
