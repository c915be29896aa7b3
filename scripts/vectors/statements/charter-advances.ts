import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { Charter } from '../../../packages/core/src/app/charter.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { advanced, memberOf, newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { restate } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, NOW, rotated } from '../../../packages/core/test/builders/identities.ts';
import { type Cases, encoded } from './case.ts';

export async function advances(cases: Cases): Promise<void> {
  const owner = await newIdentity();
  const first = await newApp({}, owner);
  const service = await newIdentity();
  const second = await advanced(first, { members: [memberOf('orders', service)] });
  const third = await advanced(second, {});
  const otherSecond = await advanced(first, {});
  const renewed = await rotated(owner);
  const afterRotation = await advanced(second, {}, renewed);
  const afterOtherRotation = await advanced(second, {}, await rotated(owner));
  const from = (held: OwnedApp, next: OwnedApp): Json => ({
    held: encoded(appStateBytes(held.state)),
    bytes: encoded(appStateBytes(next.state)),
    now: NOW,
  });
  const goes = (name: string, about: string, held: OwnedApp, next: OwnedApp, advance: 'same' | 'newer'): void =>
    cases.accepted('advance-app', name, about, from(held, next), { advance });
  const stays = (name: string, source: string, about: string, held: OwnedApp, next: OwnedApp, code: RefusalCode): void =>
    cases.refused('advance-app', name, source, about, from(held, next), code);
  goes('advance-same', 'The charter held.', second, second, 'same');
  goes('advance-next', 'The next charter.', first, second, 'newer');
  goes('advance-two', 'A charter between the two was never seen.', first, third, 'newer');
  goes('advance-rotation', 'The app has rotated.', first, afterRotation, 'newer');
  const thief = await thiefAtTheEnd(second);
  goes(
    'advance-after-thief',
    'After a rotation the owner is ahead of whatever a thief signed, however high the thief counted.',
    thief,
    afterRotation,
    'newer',
  );
  stays('advance-back', 'advance-next', 'The charter before the one held.', second, first, 'charter-rolled-back');
  stays(
    'advance-back-by-thief',
    'advance-rotation',
    'A charter by the keys before the rotation, with a sequence beyond all others.',
    afterRotation,
    thief,
    'charter-rolled-back',
  );
  stays(
    'advance-fork',
    'advance-same',
    'Another charter with the sequence of the one held.',
    second,
    otherSecond,
    'charter-forked',
  );
  stays('advance-link', 'advance-next', 'The next charter, but of another one than held.', otherSecond, third, 'charter-link');
  stays(
    'advance-fork-of-app',
    'advance-rotation',
    'Another rotation of the app than the one held.',
    afterRotation,
    afterOtherRotation,
    'history-forked',
  );
  stays('advance-other-app', 'advance-next', 'A charter of another app.', first, await newApp(), 'charter-other-app');
}

/** A thief of the app's operational key signs a charter with the greatest sequence there is. */
async function thiefAtTheEnd({ owner, state }: OwnedApp): Promise<OwnedApp> {
  const wire = await restate(state.charter.statement.bytes, owner.operational, (claims) => ({
    ...claims,
    seq: Number.MAX_SAFE_INTEGER,
    members: [],
  }));
  const charter = Charter.verify(wire, state.history, NOW);
  if (!charter.ok) throw new TypeError(charter.refusal.code);
  return { owner, state: { history: state.history, charter: charter.value } };
}
