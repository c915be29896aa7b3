import assert from 'node:assert/strict';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { test } from 'node:test';
import { secureContextOptions } from '@themis-mesh/channel';
import { Stage, waitFor, within } from '@themis-mesh/testkit';

/** What a client of ours would offer, but for what is given. @returns how the handshake ended for the client */
async function offer(stage: Stage, options: ConnectionOptions): Promise<{ readonly error?: string; readonly reused?: boolean }> {
  const leaf = await stage.app.leaf('web');
  const socket = connect({
    ...stage.address,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...secureContextOptions(leaf),
    ...options,
  });
  try {
    return await within(
      new Promise((resolve) => {
        socket.once('error', ({ message, code }: NodeJS.ErrnoException) => {
          resolve({ error: code ?? message });
        });
        socket.once('secureConnect', () => {
          resolve({ reused: socket.isSessionReused() });
        });
      }),
    );
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** Every session that the accepter lets a client save. */
async function sessions(stage: Stage): Promise<readonly Buffer[]> {
  const leaf = await stage.app.leaf('web');
  const options = { ...stage.address, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...secureContextOptions(leaf) };
  const saved: Buffer[] = [];
  const socket: TLSSocket = connect(options);
  socket.on('session', (session: Buffer) => saved.push(session)).resume();
  await within(new Promise((resolve) => socket.once('secureConnect', resolve)));
  // Two tickets are what OpenSSL sends behind a handshake, where it sends any.
  await waitFor(() => saved.length >= 2, 'tickets', 300).catch(() => undefined);
  const early = socket.getSession();
  socket.destroy();
  return early === undefined ? saved : [...saved, early];
}

const REFUSED: Readonly<Record<string, ConnectionOptions>> = {
  'TLS 1.2': { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
  'the group P-384': { ecdhCurve: 'P-384' },
  'the group P-521': { ecdhCurve: 'P-521' },
  'the group X448': { ecdhCurve: 'X448' },
  ffdhe2048: { ecdhCurve: 'ffdhe2048' },
  SecP256r1MLKEM768: { ecdhCurve: 'SecP256r1MLKEM768' },
  'RSA signatures': { sigalgs: 'rsa_pss_rsae_sha256' },
  'Ed25519 signatures': { sigalgs: 'ed25519' },
  'P-384 signatures': { sigalgs: 'ecdsa_secp384r1_sha384' },
  'the protocol h2': { ALPNProtocols: ['h2'] },
};

for (const when of ['at first', 'after a swap', 'after a third swap'] as const) {
  test(`${when}: the accepter presents the leaf of the moment and takes nothing else than the profile`, async () => {
    await using stage = await Stage.open();
    for (let swaps = { 'at first': 0, 'after a swap': 1, 'after a third swap': 3 }[when]; swaps > 0; swaps -= 1) {
      stage.credentials.swap(await stage.app.leaf('payments'));
    }
    const channel = await stage.dial();
    assert.equal(channel.peer.chain.serial, stage.credentials.current.serial);
    assert.equal(stage.accepted[0]?.ownSerial, stage.credentials.current.serial);

    for (const [what, options] of Object.entries(REFUSED)) {
      const { error } = await offer(stage, options);
      assert.notEqual(error, undefined, what);
      assert.match(error ?? '', /ALERT|ERR_SSL|ECONNRESET/, what);
    }
    for (const group of ['X25519MLKEM768', 'X25519', 'P-256']) {
      assert.deepEqual(await offer(stage, { ecdhCurve: group }), { reused: false });
    }
  });

  test(`${when}: no session is resumed`, async () => {
    await using stage = await Stage.open();
    const before = await sessions(stage);
    for (let swaps = { 'at first': 0, 'after a swap': 1, 'after a third swap': 3 }[when]; swaps > 0; swaps -= 1) {
      stage.credentials.swap(await stage.app.leaf('payments'));
    }
    const saved = [...before, ...(await sessions(stage))];
    assert(saved.length > 0);
    for (const session of saved) assert.deepEqual(await offer(stage, { session }), { reused: false });
    const removed = await stage.app.remove('web');
    stage.trust.takeApp(removed);
    const accepted = stage.accepted.length;
    for (const session of saved) await offer(stage, { session });
    assert.equal(stage.accepted.length, accepted);
    assert(!stage.refusals.includes('session-resumed'));
  });
}

test('open channels outlive a swap, and the next are made with the new leaf', async () => {
  await using stage = await Stage.open();
  const before = await stage.dial();
  const first = stage.credentials.current.serial;
  stage.credentials.swap(await stage.app.leaf('payments'));
  const after = await stage.dial();
  assert.deepEqual([before.state.is, after.state.is], ['open', 'open']);
  assert.deepEqual(
    stage.accepted.map(({ ownSerial }) => ownSerial),
    [first, stage.credentials.current.serial],
  );
  assert.equal(before.peer.chain.serial, first);
});

test('a closed listener takes no further leaves', async () => {
  const stage = await Stage.open();
  await stage[Symbol.asyncDispose]();
  stage.credentials.swap(await stage.app.leaf('payments'));
});
