import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import {
  AdmissionToken,
  anchorOf,
  Invite,
  parseCanonicalJson,
  signJoinRequest,
  spokenId,
  type Anchor,
  type Json,
  type ServiceName,
} from '@themis-mesh/core';
import { Home, IdentityFile, rotateStored, TokenFile } from '@themis-mesh/storage';
import {
  acceptGiven,
  addService,
  giveToken,
  makeJoinRequest,
  MAX_REQUEST_AGE_SECONDS,
  readApp,
  Reception,
  removeService,
  type Applicant,
  type JoinAsked,
  type Received,
  type ReceptionOptions,
  type Workplace,
} from '../src/index.ts';
import { waitFor } from '@themis-mesh/testkit';
import { serviceFiles } from '../src/service-files.ts';
import { failsWith, later, makeApp, NOW, openPlace, ORDERS, PAYMENTS, scratchFolder } from './workshop.ts';

test('a person says yes: what is shown is who asks, and what comes back is believed', async (t) => {
  const owner = await makeApp(t);
  const shown: Applicant[] = [];
  const reception = receptionOf(owner, { ask: async (applicant) => shown.push(applicant) > 0 });
  const newcomer = await joiner(t, await anchorAt(owner));
  const { id } = newcomer.identity.history;
  const received = await ask(reception, newcomer);
  assert.deepEqual(shown, [{ name: ORDERS, id, words: spokenId(id), remote: 'there:1', hasToken: false }]);
  const invite = inviteOf(await anchorAt(owner), {
    nodes: [
      { host: 'node.example', port: 1 },
      { host: '2001:db8::1', port: 2 },
    ],
  });
  const joined = await acceptGiven(newcomer.machine, givenIn(received), invite, { id, name: ORDERS });
  assert.equal(joined.app.charter.digest, (await readApp(owner)).charter.digest);
  const kept = await newcomer.machine.home.app();
  assert.deepEqual(kept.nodes, ['node.example:1', '[2001:db8::1]:2']);
  assert.equal(kept.anchor.checkpoint?.digest, joined.app.charter.digest);
  assert.equal((await readApp(newcomer.machine)).charter.digest, joined.app.charter.digest);
});

test('a person says no, and is not asked again about the same identity', async (t) => {
  const owner = await makeApp(t);
  let asked = 0;
  const reception = receptionOf(owner, { ask: async () => (asked += 1) < 0 });
  const newcomer = await joiner(t, await anchorAt(owner));
  assert.deepEqual(await ask(reception, newcomer), { refused: 'admission-denied' });
  assert.deepEqual(await ask(reception, newcomer), { refused: 'admission-denied' });
  assert.equal(asked, 1);
  assert.deepEqual((await readApp(owner)).charter.claims.members, []);
});

test('without a person and without a token nobody is admitted', async (t) => {
  const owner = await makeApp(t);
  const newcomer = await joiner(t, await anchorAt(owner));
  assert.deepEqual(await ask(receptionOf(owner, { autoToken: true }), newcomer), { refused: 'admission-unattended' });
});

test('a token admits once, under its name, with its labels', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS, { labels: { zone: 'b' } });
  const reception = receptionOf(owner, { autoToken: true });
  const anchor = await anchorAt(owner);
  const first = await joiner(t, anchor, ORDERS, token);
  assert.ok('given' in (await ask(reception, first)));
  const member = (await readApp(owner)).charter.memberByName(ORDERS);
  assert.deepEqual([member?.id, member?.labels], [first.identity.history.id, new Map([['zone', 'b']])]);
  const second = await joiner(t, anchor, ORDERS, token);
  assert.deepEqual(await ask(reception, second), { refused: 'token-used' });
});

test('of two identities that show one token at once, one is admitted', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS);
  const anchor = await anchorAt(owner);
  const newcomers = await Promise.all([0, 1, 2, 3].map(() => joiner(t, anchor, ORDERS, token)));
  // Two processes of the owner, as far as memory goes: only the files are shared.
  const receptions = [0, 1].map(() => receptionOf(owner, { autoToken: true }));
  const received = await Promise.all(newcomers.map((one, index) => ask(receptions[index % 2] ?? assert.fail(), one)));
  assert.equal(received.filter((one) => 'given' in one).length, 1);
  assert.deepEqual(new Set(received.flatMap((one) => ('refused' in one ? [one.refused] : []))), new Set(['token-used']));
  assert.equal((await readApp(owner)).charter.claims.members.length, 1);
});

test('an answer that was lost is given again to the same identity, with no new charter', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS);
  const newcomer = await joiner(t, await anchorAt(owner), ORDERS, token);
  const reception = receptionOf(owner, { autoToken: true });
  await ask(reception, newcomer);
  const { digest } = (await readApp(owner)).charter;
  const again = givenIn(await ask(reception, newcomer));
  assert.equal((await readApp(owner)).charter.digest, digest);
  const joined = await acceptGiven(newcomer.machine, again, inviteOf(await anchorAt(owner)), {
    id: newcomer.identity.history.id,
    name: ORDERS,
  });
  assert.equal(joined.member.name, ORDERS);
});

test('a member renews its membership without a person, also with a token whose time is over; new keys are asked about', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS, { seconds: 60 });
  const newcomer = await joiner(t, await anchorAt(owner), ORDERS, token);
  await ask(receptionOf(owner, { autoToken: true }), newcomer);
  const ownerLater = await later(owner, 86_400);
  const again = await makeJoinRequest({ home: newcomer.machine.home, now: ownerLater.now }, { name: ORDERS, token });
  const renewed = await ask(receptionOf(ownerLater, {}), { ...newcomer, ...again });
  assert.ok('given' in renewed);
  await rotateStored(serviceFiles(newcomer.machine.home, ORDERS, undefined), { grace: 0, now: ownerLater.now });
  const rotated = await makeJoinRequest({ home: newcomer.machine.home, now: ownerLater.now }, { name: ORDERS });
  assert.deepEqual(await ask(receptionOf(ownerLater, {}), { ...newcomer, ...rotated }), { refused: 'admission-unattended' });
  assert.ok('given' in (await ask(receptionOf(ownerLater, { ask: async () => true }), { ...newcomer, ...rotated })));
});

test('tokens that are of no use', async (t) => {
  const owner = await makeApp(t);
  const anchor = await anchorAt(owner);
  const stranger = AdmissionToken.of(randomBytes(32));
  const other = await tokenFor(owner, PAYMENTS);
  const over = await tokenFor(owner, ORDERS, { seconds: 10 });
  const reception = receptionOf(await later(owner, 20), { autoToken: true, ask: async () => assert.fail('nobody is asked') });
  for (const [token, refused] of [
    [stranger, 'token-unknown'],
    [other, 'token-other-name'],
    [over, 'token-unknown'],
  ] as const) {
    assert.deepEqual(await ask(reception, await joiner(t, anchor, ORDERS, token)), { refused });
  }
  assert.deepEqual((await readApp(owner)).charter.claims.members, []);
});

test('with a token and without --auto-token the person is asked all the same', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS);
  const newcomer = await joiner(t, await anchorAt(owner), ORDERS, token);
  assert.deepEqual(await ask(receptionOf(owner, { ask: async ({ hasToken }) => !hasToken }), newcomer), {
    refused: 'admission-denied',
  });
});

test('requests that are refused before anybody is asked', async (t) => {
  const owner = await makeApp(t);
  const other = await makeApp(t);
  const anchor = await anchorAt(owner);
  await addService(owner, PAYMENTS);
  const reception = receptionOf(owner, { ask: async () => assert.fail('nobody is asked') });
  const newcomer = await joiner(t, anchor);
  const old = await makeJoinRequest({ home: newcomer.machine.home, now: NOW - MAX_REQUEST_AGE_SECONDS - 1 }, { name: ORDERS });
  const taken = await joiner(t, anchor, PAYMENTS);
  const foreign = await joiner(t, await anchorAt(other));
  const swapped = parseCanonicalJson(newcomer.request) as { readonly [name: string]: Json };
  const theirs = parseCanonicalJson((await joiner(t, anchor)).request) as typeof swapped;
  const cases: readonly (readonly [Json, string])[] = [
    [bodyOf(old), 'join-request-old'],
    [bodyOf(taken), 'name-taken'],
    [bodyOf(foreign), 'join-request-other-app'],
    // Somebody in the middle who puts another identity into the request, or another request under the identity.
    [{ ...swapped, history: theirs['history'] ?? null }, 'join-request-id'],
    [{ ...swapped, request: theirs['request'] ?? null }, 'join-request-id'],
    ['hello', 'statement-shape'],
    [{}, 'statement-shape'],
    [null, 'statement-shape'],
  ];
  for (const [body, refused] of cases) {
    assert.deepEqual(await reception.receive(body, 'there:1', new AbortController().signal), { refused }, refused);
  }
});

test('a removed identity is not admitted again, whatever it shows; one of another name is not either', async (t) => {
  const owner = await makeApp(t);
  const anchor = await anchorAt(owner);
  const reception = receptionOf(owner, { ask: async () => true, autoToken: true });
  const newcomer = await joiner(t, anchor);
  await ask(reception, newcomer);
  const { history, signers } = newcomer.identity;
  const second = await signJoinRequest({ app: anchor.app, name: PAYMENTS, now: NOW }, history, signers);
  assert.deepEqual(await ask(reception, { ...newcomer, request: second }), { refused: 'member-renamed' });
  await removeService(owner, ORDERS);
  const token = await tokenFor(owner, ORDERS);
  const again = await makeJoinRequest({ home: newcomer.machine.home, now: NOW }, { name: ORDERS, token });
  assert.deepEqual(await ask(reception, { ...newcomer, ...again }), { refused: 'member-removed' });
});

test('an answer for another, an older one than was pinned, and one that was changed', async (t) => {
  const owner = await makeApp(t);
  const reception = receptionOf(owner, { ask: async () => true });
  const [first, second] = [await joiner(t, await anchorAt(owner)), await joiner(t, await anchorAt(owner), PAYMENTS)];
  const [theirs, given] = [givenIn(await ask(reception, second)), givenIn(await ask(reception, first))];
  const asked = { id: first.identity.history.id, name: ORDERS };
  const invite = inviteOf(first.anchor);
  await assert.rejects(
    acceptGiven(first.machine, theirs, invite, asked),
    failsWith('THEMIS_STATEMENT_REFUSED', 'admission-other'),
  );
  await addService(owner, 'more' as ServiceName);
  const newer = inviteOf(await anchorAt(owner));
  await assert.rejects(
    acceptGiven(first.machine, given, newer, asked),
    failsWith('THEMIS_STATEMENT_REFUSED', 'charter-rolled-back'),
  );
  const charter = JSON.stringify(given).replace(/"payload":"ey./, '"payload":"eyK');
  await assert.rejects(
    acceptGiven(first.machine, JSON.parse(charter) as Json, invite, asked),
    failsWith('THEMIS_STATEMENT_REFUSED'),
  );
  const foreign = inviteOf(await anchorAt(await makeApp(t)));
  await assert.rejects(
    acceptGiven(first.machine, given, foreign, asked),
    failsWith('THEMIS_STATEMENT_REFUSED', 'charter-other-app'),
  );
  const identity = await new IdentityFile(first.machine.home.service(ORDERS).identity).readPublic();
  assert.equal(identity?.service?.membership, undefined);
  await acceptGiven(first.machine, given, invite, asked);
});

test('people are asked about one at a time, and not about who has gone', async (t) => {
  const owner = await makeApp(t);
  const anchor = await anchorAt(owner);
  const questions: PromiseWithResolvers<boolean>[] = [];
  const reception = receptionOf(owner, {
    ask: (_, signal) => {
      const question = Promise.withResolvers<boolean>();
      signal.addEventListener('abort', () => question.resolve(false));
      questions.push(question);
      return question.promise;
    },
  });
  const newcomers = await Promise.all([
    joiner(t, anchor, ORDERS),
    joiner(t, anchor, PAYMENTS),
    joiner(t, anchor, 'third' as ServiceName),
  ]);
  const leaving = newcomers.map(() => new AbortController());
  const receive = (index: number): Promise<Received> =>
    reception.receive(bodyOf(newcomers[index] ?? assert.fail()), 'there:1', (leaving[index] ?? assert.fail()).signal);
  const first = receive(0);
  await waitFor(() => questions.length === 1, 'the first question');
  const others = [receive(1), receive(2)];
  leaving[1]?.abort();
  questions[0]?.resolve(true);
  assert.ok('given' in (await first));
  await waitFor(() => questions.length === 2, 'the question about the third');
  leaving[2]?.abort();
  assert.ok((await Promise.all(others)).every((one) => 'refused' in one));
  assert.equal(questions.length, 2);
});

test('of a token the owner keeps no more than a digest, and forgets it when its time is over', async (t) => {
  const owner = await makeApp(t);
  const token = await tokenFor(owner, ORDERS, { seconds: 60 });
  assert.ok(!(await readFile(owner.home.tokens, 'utf8')).includes(token));
  await tokenFor(await later(owner, 120), PAYMENTS);
  assert.deepEqual(
    (await new TokenFile(owner.home.tokens).read()).map(({ name }) => name),
    [PAYMENTS],
  );
});

test('who holds no keys of the app gives out no tokens', async (t) => {
  const owner = await makeApp(t);
  const { machine } = await joiner(t, await anchorAt(owner));
  await assert.rejects(tokenFor(machine, ORDERS), failsWith('THEMIS_OWNER_MISSING'));
});

interface Newcomer extends JoinAsked {
  readonly machine: Workplace;
  readonly anchor: Anchor;
}

async function joiner(t: TestContext, anchor: Anchor, name: ServiceName = ORDERS, token?: AdmissionToken): Promise<Newcomer> {
  const home = Home.at(join(await scratchFolder(t), 'machine'));
  const asked = await makeJoinRequest({ home, now: NOW }, { name, anchor, token });
  return { machine: await openPlace(home), anchor, ...asked };
}

function receptionOf(place: Workplace, options: Partial<ReceptionOptions>): Reception {
  return new Reception({ place: () => place, autoToken: false, ...options });
}

function ask(reception: Reception, newcomer: Pick<JoinAsked, 'request'>): Promise<Received> {
  return reception.receive(bodyOf(newcomer), 'there:1', new AbortController().signal);
}

function bodyOf({ request }: Pick<JoinAsked, 'request'>): Json {
  return parseCanonicalJson(request) ?? assert.fail('a request');
}

function givenIn(received: Received): Json {
  return 'given' in received ? received.given : assert.fail(received.refused);
}

async function anchorAt(place: Workplace): Promise<Anchor> {
  return anchorOf(await readApp(place));
}

function inviteOf(anchor: Anchor, more: Partial<Parameters<typeof Invite.of>[0]> = {}): Invite {
  return Invite.of({ anchor, doors: [{ host: '127.0.0.1', port: 1, id: anchor.app }], ...more });
}

function tokenFor(
  place: Workplace,
  name: ServiceName,
  { seconds = 3600, labels }: { readonly seconds?: number; readonly labels?: Readonly<Record<string, string>> } = {},
): Promise<AdmissionToken> {
  return giveToken(place, { name, seconds, labels, random: randomBytes(32) });
}
