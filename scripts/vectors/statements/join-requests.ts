import { signJoinRequest } from '../../../packages/core/src/app/join-request.ts';
import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { jwsBytes, jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { named } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, forge, without, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, newSigners, NOW, retired, rotated, type Owned } from '../../../packages/core/test/builders/identities.ts';
import { Cases, encoded, type VectorFile } from './case.ts';

const TYP = STATEMENT_KINDS.join.typ;

export async function joinRequestVectors(): Promise<VectorFile> {
  const cases = new Cases();
  const app = (await newIdentity()).history.id;
  const service = await newIdentity();
  const facts = (of: Owned): Json => ({ app, id: of.history.id, name: 'orders' });
  const wish = { app, name: named('orders'), now: NOW };
  const good = async (name: string, about: string, of: Owned): Promise<Uint8Array> => {
    const bytes = await signJoinRequest(wish, of.history, of.operational);
    cases.accepted('join-request', name, about, { bytes: encoded(bytes) }, facts(of));
    return bytes;
  };
  const wire = await good('request', 'A service asks to be admitted under a name.', service);
  const renewed = await rotated(service);
  await good('request-after-rotation', 'Signed with the keys of today.', renewed);
  await good('request-of-two-owners', 'Signed by both owners of the service.', await newIdentity({ owners: 2 }));

  const bundle = JSON.parse(Buffer.from(wire).toString()) as JsonObject;
  const request = bundle['request'] ?? null;
  const history = bundle['history'] ?? null;
  const claims = claimsOf(jwsBytes(request));
  const bad = (name: string, about: string, value: Json, code: RefusalCode, from = 'request'): void =>
    cases.refused('join-request', name, from, about, { bytes: encoded(canonicalJson(value)) }, code);
  const signed = async (
    name: string,
    about: string,
    changed: JsonObject,
    code: RefusalCode,
    by: readonly Signer[] = service.operational,
  ): Promise<void> => bad(name, about, { history, request: jwsJson(await forge(TYP, changed, by)) }, code);
  const other = await newIdentity();
  await signed('other-id', 'A request of another identity.', { ...claims, id: other.history.id }, 'join-request-id');
  await signed('by-other', 'Signed by another identity.', claims, 'statement-key-unknown', other.operational);
  await signed('by-recovery', 'Signed by the recovery key.', claims, 'statement-key-unknown', service.recovery);
  await signed('by-stranger-too', 'Signed by a stranger as well.', claims, 'statement-key-unknown', [
    ...service.operational,
    ...newSigners(1),
  ]);
  await signed('name-upper-case', 'A name in upper case.', { ...claims, name: 'Orders' }, 'statement-shape');
  await signed('name-id', 'A name that is an ID.', { ...claims, name: app }, 'statement-shape');
  await signed('app-name', 'A name in the place of the ID of the app.', { ...claims, app: 'shop' }, 'statement-shape');
  await signed(
    'unknown-field',
    'A field that is unknown: who asks may not name its rights.',
    { ...claims, labels: {} },
    'statement-shape',
  );
  await signed('no-app', 'No app: the request would do for every app.', without(claims, 'app'), 'statement-shape');
  await signed('time-text', 'A time as a text.', { ...claims, iat: String(NOW) }, 'statement-shape');
  bad(
    'by-old-keys',
    'Signed with the keys before a rotation.',
    { history: renewed.history.wires.map(jwsJson), request },
    'statement-key-unknown',
    'request-after-rotation',
  );
  bad(
    'retired',
    'The identity was retired.',
    { history: (await retired(service)).history.wires.map(jwsJson), request },
    'history-retired',
  );
  bad('history-empty', 'A history of no events.', { history: [], request }, 'history-empty');
  bad(
    'history-of-other',
    'The history of another identity.',
    { history: other.history.wires.map(jwsJson), request },
    'join-request-id',
  );
  bad('history-missing', 'No history.', { request }, 'statement-shape');
  bad('request-missing', 'No request.', { history }, 'statement-shape');
  bad('request-null', 'A request of null.', { history, request: null }, 'statement-not-jws');
  bad(
    'request-is-event',
    'An event in the place of the request.',
    { history, request: jwsJson(service.history.last.bytes) },
    'statement-typ',
  );
  bad('member', 'A member more.', { history, request, admitted: true }, 'statement-shape');
  const raw = (name: string, about: string, text: string, code: RefusalCode): void =>
    cases.refused('join-request', name, 'request', about, { bytes: encoded(text) }, code);
  raw('white-space', 'White space.', JSON.stringify(bundle, null, 1), 'statement-not-canonical');
  raw('cut', 'Its last byte missing.', Buffer.from(wire).toString().slice(0, -1), 'statement-not-json');
  return cases.file('Join requests: a service asks an app to be admitted under a name.');
}
