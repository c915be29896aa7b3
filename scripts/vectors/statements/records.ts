import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { signHead } from '../../../packages/core/src/app/head.ts';
import type { Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { History } from '../../../packages/core/src/identity/history.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { signServiceRecord } from '../../../packages/core/src/record/service-record.ts';
import { memberOf, named, newApp } from '../../../packages/core/test/builders/apps.ts';
import { restate, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, NOW, retired, rotated, type Owned } from '../../../packages/core/test/builders/identities.ts';
import { Cases, encoded, first, type VectorFile } from './case.ts';

const DAY = 86_400;

export async function recordVectors(): Promise<VectorFile> {
  const cases = new Cases();
  const service = await newIdentity();
  const clock = await newIdentity();
  await services(cases, service);
  await heads(cases, clock);
  await statesAndHistories(cases, service);
  return cases.file(
    'Directory records: what a storer or a reader believes of one because of its key, its signatures and its times.',
  );
}

async function services(cases: Cases, service: Owned): Promise<void> {
  const app = await newApp({ members: [memberOf('orders', service)] });
  const { id } = service.history;
  const base = {
    app: app.owner.history.id,
    id,
    name: named('orders'),
    key: 0,
    seq: 7,
    iat: NOW,
    exp: NOW + DAY,
    alpn: ['themis/1', 'h2'],
  };
  const wire = (await signServiceRecord(base, service.operational)).bytes;
  const digest = (await signServiceRecord(base, service.operational)).digest;
  const key = { kind: 'service', id };
  const input = (bytes: Uint8Array, histories: readonly History[] = [service.history], now = NOW, at: Json = key): Json => ({
    key: at,
    bytes: encoded(bytes),
    histories: histories.map((history) => encoded(historyBytes(history))),
    now,
  });
  const good = (name: string, about: string, given: Json, facts: Json): void =>
    cases.accepted('record', name, about, given, facts);
  const bad = (name: string, from: string, about: string, given: Json, code: RefusalCode): void =>
    cases.refused('record', name, from, about, given, code);
  const changed = async (
    name: string,
    about: string,
    change: JsonObject,
    code: RefusalCode,
    by: readonly Signer[] = service.operational,
  ): Promise<void> => bad(name, 'service', about, input(await restate(wire, by, (claims) => ({ ...claims, ...change }))), code);
  const later = await rotated(service, { now: NOW + 100, grace: 1000 });
  good('service', 'What a service says of itself.', input(wire), { sequence: [0, 7], digest, expires: NOW + DAY });
  good('service-ahead-60', 'Dated 60 seconds ahead.', input(wire, undefined, NOW - 60), {
    sequence: [0, 7],
    digest,
    expires: NOW + DAY,
  });
  good('service-in-grace', 'The service has rotated, and its old keys are in grace.', input(wire, [later.history], NOW + 1099), {
    sequence: [0, 7],
    digest,
    expires: NOW + 1100,
  });

  bad('service-future', 'service-ahead-60', 'Dated 61 seconds ahead.', input(wire, undefined, NOW - 61), 'record-future');
  bad('service-ended', 'service', 'At its end.', input(wire, undefined, NOW + DAY), 'record-expired');
  await changed('service-life', 'It lasts longer than 90 days.', { exp: NOW + 91 * DAY }, 'record-life');
  await changed('service-eternal', 'It lasts to the year 9999.', { exp: 253_402_300_799 }, 'record-life');
  bad(
    'service-after-grace',
    'service-in-grace',
    'The grace of the old keys is over.',
    input(wire, [later.history], NOW + 1100),
    'history-unknown',
  );
  bad('service-unknown', 'service', 'No history of the service is known.', input(wire, []), 'history-unknown');
  bad(
    'service-retired',
    'service',
    'The service was retired.',
    input(wire, [(await retired(service)).history]),
    'history-unknown',
  );
  await changed('service-key-1', 'A key sequence that the service does not have.', { key: 1 }, 'history-unknown');
  const other = await newIdentity();
  bad(
    'service-under-other-key',
    'service',
    'Kept under the ID of another service.',
    input(wire, [service.history, other.history], NOW, { kind: 'service', id: other.history.id }),
    'record-key',
  );
  bad(
    'service-as-head',
    'service',
    'Kept as a head.',
    input(wire, undefined, NOW, { kind: 'head', id, by: id }),
    'statement-typ',
  );
  bad(
    'service-as-history',
    'service',
    'Kept as a history.',
    input(wire, undefined, NOW, { kind: 'history', id }),
    'statement-shape',
  );
  bad(
    'service-as-charter',
    'service',
    'Kept as a charter.',
    input(wire, undefined, NOW, { kind: 'charter', id }),
    'statement-shape',
  );
  await changed('service-by-other', 'Signed by another service.', {}, 'statement-key-unknown', other.operational);
  await changed('service-by-recovery', 'Signed by the recovery key.', {}, 'statement-key-unknown', service.recovery);
  const forged = await restate(wire, service.operational, (claims) => ({ ...claims, key: 1 }));
  bad(
    'service-by-old-keys',
    'service-in-grace',
    'By a thief of the old keys as if by the new ones.',
    input(forged, [later.history], NOW + 200),
    'statement-key-unknown',
  );
  await changed('service-name', 'A name that is none.', { name: 'Orders' }, 'statement-shape');
  await changed('service-no-protocol', 'No protocol.', { alpn: [] }, 'statement-shape');
  await changed('service-protocol', 'A protocol with a line end.', { alpn: ['h2\n'] }, 'statement-shape');
  await changed('service-seq', 'A sequence below zero.', { seq: -1 }, 'statement-shape');
  await changed('service-address', 'An address: those are of instances.', { addresses: [] }, 'statement-shape');
}

async function heads(cases: Cases, clock: Owned): Promise<void> {
  const app = await newApp({ timekeepers: [{ id: clock.history.id, min: clock.history.point }] });
  const { id } = app.owner.history;
  const by = clock.history.id;
  const { sequence, digest } = app.state.charter;
  const claims = { app: id, charter: sequence, digest, iat: NOW, exp: NOW + 600 };
  const statement = await signHead(claims, first(clock.operational));
  const input = (bytes: Uint8Array, now = NOW, key: Json = { kind: 'head', id, by }, histories = [clock.history]): Json => ({
    key,
    bytes: encoded(bytes),
    histories: histories.map((history) => encoded(historyBytes(history))),
    now,
  });
  const bad = (name: string, about: string, given: Json, code: RefusalCode): void =>
    cases.refused('record', name, 'head', about, given, code);
  cases.accepted('record', 'head', 'What one timekeeper says.', input(statement.bytes), {
    sequence: [0, NOW],
    digest: statement.digest,
    expires: NOW + 600,
  });
  bad('head-future', 'Dated 61 seconds ahead.', input(statement.bytes, NOW - 61), 'record-future');
  bad('head-ended', 'At its end.', input(statement.bytes, NOW + 600), 'record-expired');
  const long = await signHead({ ...claims, exp: NOW + DAY + 1 }, first(clock.operational));
  bad('head-life', 'It lasts longer than a day.', input(long.bytes), 'record-life');
  const other = await newIdentity();
  bad(
    'head-of-other-app',
    'Kept under another app.',
    input(statement.bytes, NOW, { kind: 'head', id: other.history.id, by }),
    'record-key',
  );
  bad(
    'head-by-other',
    'Kept under another timekeeper.',
    input(statement.bytes, NOW, { kind: 'head', id, by: other.history.id }, [clock.history, other.history]),
    'statement-key-unknown',
  );
  bad('head-by-unknown', 'No history of the timekeeper is known.', input(statement.bytes, NOW, undefined, []), 'history-unknown');
  bad(
    'head-by-retired',
    'The timekeeper was retired.',
    input(statement.bytes, NOW, undefined, [(await retired(clock)).history]),
    'history-unknown',
  );
}

async function statesAndHistories(cases: Cases, service: Owned): Promise<void> {
  const app = await newApp();
  const { id } = app.owner.history;
  const other = service.history.id;
  const input = (key: Json, bytes: Uint8Array, now = NOW): Json => ({ key, bytes: encoded(bytes), histories: [], now });
  const bad = (name: string, from: string, about: string, given: Json, code: RefusalCode): void =>
    cases.refused('record', name, from, about, given, code);
  const state = appStateBytes(app.state);
  const { sequence, digest } = app.state.charter;
  cases.accepted(
    'record',
    'charter',
    'A charter needs nothing but itself, and has no end in the directory.',
    input({ kind: 'charter', id }, state, NOW + 400 * DAY),
    { sequence, digest, expires: null },
  );
  bad('charter-future', 'charter', 'Dated 61 seconds ahead.', input({ kind: 'charter', id }, state, NOW - 61), 'charter-future');
  bad(
    'charter-under-other-key',
    'charter',
    'Kept under another app.',
    input({ kind: 'charter', id: other }, state),
    'record-key',
  );
  bad('charter-as-history', 'charter', 'Kept as a history.', input({ kind: 'history', id }, state), 'statement-shape');
  bad('charter-as-service', 'charter', 'Kept as a service record.', input({ kind: 'service', id }, state), 'statement-not-jws');
  const renewed = (await rotated(service)).history;
  const history = historyBytes(renewed);
  cases.accepted('record', 'history', 'A history needs nothing but itself.', input({ kind: 'history', id: other }, history), {
    sequence: [1, 0],
    digest: renewed.last.digest,
    expires: null,
  });
  bad(
    'history-under-other-key',
    'history',
    'Kept under another identity.',
    input({ kind: 'history', id }, history),
    'record-key',
  );
  bad('history-as-charter', 'history', 'Kept as a charter.', input({ kind: 'charter', id: other }, history), 'statement-shape');
  bad(
    'history-as-head',
    'history',
    'Kept as a head.',
    input({ kind: 'head', id: other, by: other }, history),
    'statement-not-jws',
  );
}
