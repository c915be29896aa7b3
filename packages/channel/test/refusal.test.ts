import assert from 'node:assert/strict';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import type { RefusalCode } from '@themis-mesh/core';
import { ThemisError } from '@themis-mesh/core';
import { secureContextOptions, type Authenticator, type Authorizer } from '@themis-mesh/channel';
import { makeBadLeaves, ManualClock, Stage, TestApp, TestService, waitFor, within, type TestLeaf } from '@themis-mesh/testkit';

/** A TLS client that is not ours. */
function connectPlainly(stage: Stage, leaf: TestLeaf, options: ConnectionOptions = {}): TLSSocket {
  return connect({ ...stage.address, rejectUnauthorized: false, ...secureContextOptions(leaf), ...options });
}

const members: Authorizer = ({ name, id }) => (name === undefined ? { code: 'member-unknown', detail: id } : undefined);

function refusedWith(code: 'THEMIS_PEER_REFUSED' | 'THEMIS_REFUSED_BY_PEER', refusal: RefusalCode): (error: unknown) => boolean {
  return (error) => {
    assert(ThemisError.is(error, code), String(error));
    assert.equal(error.refusal?.code, refusal);
    return true;
  };
}

const now = Math.floor(Date.now() / 1000);
const defects = await makeBadLeaves(await TestApp.found(['web']), 'web', now);

for (const [index, { defect, refusal }] of defects.entries()) {
  test(`a caller whose chain is ${defect} is refused and reads why`, async () => {
    await using stage = await Stage.open();
    const bad = (await makeBadLeaves(stage.app, 'web', now))[index];
    assert(bad !== undefined);
    await assert.rejects(stage.dial({ as: bad.leaf }), refusedWith('THEMIS_REFUSED_BY_PEER', refusal));
    assert.deepEqual(stage.refusals, [refusal]);
    assert.equal(stage.accepted.length, 0);
    assert.equal(stage.listener.channels.size, 0);
  });

  test(`an accepter whose chain is ${defect} is refused before a byte is sent to it`, async () => {
    const heard: Buffer[] = [];
    await using stage = await Stage.open({ onChannel: ({ socket }) => socket.on('data', (bytes: Buffer) => heard.push(bytes)) });
    const bad = (await makeBadLeaves(stage.app, 'payments', now))[index];
    assert(bad !== undefined);
    stage.credentials.swap(bad.leaf);
    await assert.rejects(stage.dial(), refusedWith('THEMIS_PEER_REFUSED', refusal));
    await waitFor(() => stage.listener.channels.size === 0, 'the end');
    assert.deepEqual(heard, []);
  });
}

test('a stranger is refused where members are asked for', async () => {
  await using stage = await Stage.open({ authorize: members });
  const stranger = await stage.app.leaf(await TestService.create('web', now));
  await assert.rejects(stage.dial({ as: stranger }), refusedWith('THEMIS_REFUSED_BY_PEER', 'member-unknown'));
  await stage.dial();
});

test('a stranger with the name and the words of a member is nobody', async () => {
  await using stage = await Stage.open({ authorize: members });
  const other = await TestApp.found(['web']);
  await assert.rejects(stage.dial({ as: await other.leaf('web') }), refusedWith('THEMIS_REFUSED_BY_PEER', 'member-unknown'));
});

test('a removed member is refused by whoever holds the charter that removes it', async () => {
  await using stage = await Stage.open();
  const leaf = await stage.app.leaf('web');
  const trust = stage.app.trust();
  stage.trust.takeApp(await stage.app.remove('web'));
  await assert.rejects(stage.dial({ as: leaf, authenticator: trust }), refusedWith('THEMIS_REFUSED_BY_PEER', 'member-removed'));
});

test('the keys before a rotation without grace are refused once the rotation is known', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock });
  const web = stage.app.service('web');
  const stolen = await stage.app.leaf('web');
  await stage.dial({ as: stolen });
  clock.advance(1000);
  await web.rotate(clock.seconds, 0);
  await stage.dial({ as: await stage.app.leaf('web') });
  await assert.rejects(stage.dial({ as: stolen }), refusedWith('THEMIS_REFUSED_BY_PEER', 'history-superseded'));
});

test('a step that throws admits nobody and ends nothing', async () => {
  const broken = (): never => {
    throw new RangeError('a defect');
  };
  await using unauthorized = await Stage.open({ authorize: broken });
  await assert.rejects(unauthorized.dial(), refusedWith('THEMIS_REFUSED_BY_PEER', 'judgement-failed'));
  assert.equal(unauthorized.refused[0]?.refusal.detail, 'RangeError: a defect');

  const authenticator: Authenticator = { authenticate: broken, authenticateAgain: broken };
  await using unauthenticated = await Stage.open({ authenticator });
  await assert.rejects(unauthenticated.dial(), refusedWith('THEMIS_REFUSED_BY_PEER', 'judgement-failed'));
  await assert.rejects(unauthorized.dial({ authenticator }), refusedWith('THEMIS_PEER_REFUSED', 'judgement-failed'));
});

test('who is refused on http/1.1 gets a coded response, whatever he asked for', async () => {
  await using stage = await Stage.open();
  const [bad] = await makeBadLeaves(stage.app, 'web', now);
  assert(bad !== undefined);
  for (const options of [{ ALPNProtocols: ['http/1.1'] }, {}]) {
    const socket = connectPlainly(stage, bad.leaf, options);
    socket.write('POST /charge HTTP/1.1\r\nhost: payments\r\ncontent-length: 5\r\n\r\n12345');
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(head, /\r\nconnection: close$/);
    assert.deepEqual(JSON.parse(body), { error: 'THEMIS_REFUSED_BY_PEER', refusal: bad.refusal });
  }
  assert.equal(stage.accepted.length, 0);
});

test('without ALPN nobody gets in where http/1.1 is not spoken', async () => {
  await using stage = await Stage.open({ protocols: ['themis-tcp/1'] });
  const leaf = await stage.app.leaf('web');
  const socket = connectPlainly(stage, leaf);
  assert.match(await text(socket), /protocol-unknown/);
  assert.deepEqual(stage.refusals, ['protocol-unknown']);
});

test('who has read why and does not go is put out', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, authorize: () => ({ code: 'policy-deny-all', detail: 'by a test' }) });
  const socket = connectPlainly(stage, await stage.app.leaf('web'));
  // As one who reads, and keeps his own end open.
  socket.on('error', () => undefined).on('end', () => clock.advance(1000));
  socket.end = () => socket;
  assert.match(await text(socket), /policy-deny-all/);
  await within(new Promise((resolve) => socket.once('close', resolve)), 'the end');
});
