import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { canonicalJson } from '../../../packages/core/src/encoding/canonical-json.ts';
import { digestOf } from '../../../packages/core/src/encoding/sha256.ts';
import type { Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { bundleBytes, jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { advanced, newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, forge, restate, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, newSigners, NOW, retired, rotated } from '../../../packages/core/test/builders/identities.ts';
import { appFacts } from '../../../packages/core/test/vectors/operations.ts';
import { Cases, encoded, type VectorFile } from './case.ts';
import { advances } from './charter-advances.ts';
import { fullApp, input } from './charter-cases.ts';
import { badFields } from './charter-fields.ts';

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

async function goodCharters(cases: Cases, full: OwnedApp): Promise<void> {
  const good = (name: string, about: string, { state }: OwnedApp, now = NOW): void =>
    cases.accepted('app-state', name, about, { bytes: encoded(appStateBytes(state)), now }, appFacts(state));
  good('first', 'The first charter of an app, with nobody in it.', await newApp());
  good('full', 'Something in every list.', full);
  good('next', 'The second charter names the digest of the first.', await advanced(full, { members: [] }));
  good('ended', 'A charter past its end is still read: it says who was removed.', full, NOW + 400 * DAY);
  good('ahead-60', 'Dated 60 seconds ahead.', full, NOW - 60);
  good(
    'owners-2-of-3',
    'Signed by the three owners of whom two must.',
    await newApp({}, await newIdentity({ owners: 3, threshold: 2 })),
  );
  const owner = await newIdentity();
  const before = await newApp({}, owner);
  good('after-rotation', 'Signed under the new keys of the app.', await advanced(before, {}, await rotated(owner)));
  const ext = await restate(full.state.charter.statement.bytes, full.owner.operational, (claims) => ({
    ...claims,
    ext: { shards: ['a'] },
  }));
  cases.accepted('app-state', 'extension', 'What a newer release added is passed over.', input(full.state, ext), {
    ...(appFacts(full.state) as JsonObject),
    digest: digestOf(canonicalJson(claimsOf(ext))),
  });
}

async function badSignatures(cases: Cases): Promise<void> {
  const owner = await newIdentity({ owners: 3, threshold: 2 });
  const { state } = await newApp({}, owner);
  const claims = claimsOf(state.charter.statement.bytes);
  const bad = async (name: string, about: string, signers: readonly Signer[], code: RefusalCode): Promise<void> =>
    cases.refused('app-state', name, 'owners-2-of-3', about, input(state, await forge(TYP, claims, signers)), code);
  await bad('owners-1-of-2', 'Signed by one owner, and two must.', owner.operational.slice(0, 1), 'statement-threshold');
  await bad('by-recovery', 'Signed by the recovery key.', owner.recovery, 'statement-key-unknown');
  await bad(
    'by-owners-and-stranger',
    'Signed by the owners and by a stranger.',
    [...owner.operational, ...newSigners(1)],
    'statement-key-unknown',
  );
  const after = await rotated(owner);
  const stolen = await restate(state.charter.statement.bytes, owner.operational, (honest) => ({ ...honest, key: 1 }));
  cases.refused(
    'app-state',
    'by-old-owners',
    'after-rotation',
    'Signed by a thief of the old keys as if by the new ones.',
    { bytes: encoded(bundleBytes('charter', { statement: stolen, history: after.history.wires })), now: NOW },
    'statement-key-unknown',
  );
  const ended = await retired(owner);
  const bundled = bundleBytes('charter', { statement: state.charter.statement.bytes, history: ended.history.wires });
  cases.refused(
    'app-state',
    'retired',
    'owners-2-of-3',
    'The app was retired.',
    { bytes: encoded(bundled), now: NOW },
    'charter-key-sequence',
  );
}

async function badBundles(cases: Cases, { state, owner }: OwnedApp): Promise<void> {
  const charter = jwsJson(state.charter.statement.bytes);
  const history = state.history.wires.map(jwsJson);
  const bad = (name: string, about: string, bytes: string | Uint8Array, code: RefusalCode): void =>
    cases.refused('app-state', name, 'full', about, { bytes: encoded(bytes), now: NOW }, code);
  const later = (await rotated(owner)).history;
  const other = (await newIdentity()).history;
  bad(
    'bundle-older-charter',
    'The charter is signed under older keys than the history has: they are published as one.',
    canonicalJson({ charter, history: later.wires.map(jwsJson) }),
    'charter-key-sequence',
  );
  bad(
    'bundle-other-app',
    'The history of another app.',
    canonicalJson({ charter, history: other.wires.map(jwsJson) }),
    'charter-other-app',
  );
  bad('bundle-no-history', 'No history.', canonicalJson({ charter }), 'statement-shape');
  bad('bundle-no-charter', 'No charter.', canonicalJson({ history }), 'statement-shape');
  bad('bundle-history-empty', 'A history of no events.', canonicalJson({ charter, history: [] }), 'history-empty');
  bad(
    'bundle-history-object',
    'An object in the place of the history.',
    canonicalJson({ charter, history: {} }),
    'statement-shape',
  );
  bad('bundle-member', 'A member more.', canonicalJson({ charter, history, head: null }), 'statement-shape');
  bad('bundle-list', 'A list of both.', canonicalJson([charter, history]), 'statement-shape');
  bad('bundle-charter-alone', 'The charter without its bundle.', state.charter.statement.bytes, 'statement-shape');
  bad('bundle-charter-null', 'A charter of null.', canonicalJson({ charter: null, history }), 'statement-not-jws');
  bad(
    'bundle-charter-in-history',
    'The charter among the events.',
    canonicalJson({ charter, history: [charter] }),
    'statement-typ',
  );
  bad(
    'bundle-event-as-charter',
    'An event in the place of the charter.',
    canonicalJson({ charter: history[0] ?? null, history }),
    'statement-typ',
  );
  bad('bundle-white-space', 'White space.', JSON.stringify({ charter, history }, null, 1), 'statement-not-canonical');
  bad('bundle-reordered', 'Members in another order.', JSON.stringify({ history, charter }), 'statement-not-canonical');
  bad('bundle-cut', 'Its last byte missing.', canonicalJson({ charter, history }).slice(0, -1), 'statement-not-json');
  bad(
    'bundle-history-of-17',
    'More than 16 events.',
    canonicalJson({ charter, history: Array.from({ length: 17 }, () => history[0] ?? null) }),
    'history-too-long',
  );
}
