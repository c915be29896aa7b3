import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { MemorySigner } from '../../src/keys/signer.ts';
import { HYBRID } from '../builders/identities.ts';

const classic = (): MemorySigner => MemorySigner.generate();

test('a signer signs with each of its keys', async () => {
  const signer = MemorySigner.generate(HYBRID);
  assert.deepEqual(
    signer.keys.map((key) => key.algorithm),
    HYBRID,
  );
  const message = Buffer.from('message');
  for (const key of signer.keys) assert.ok(key.verify(message, await signer.sign(key, message)));
});

test('a signer comes back from its private keys', async () => {
  const signer = MemorySigner.generate(HYBRID);
  const again = MemorySigner.fromPrivateKeys(signer.privateKeys);
  assert.deepEqual(
    again.keys.map((key) => key.thumbprint),
    signer.keys.map((key) => key.thumbprint),
  );
  const [key] = signer.keys;
  assert.ok(key?.verify(Buffer.from('a'), await again.sign(key, Buffer.from('a'))));
});

test('a signer has one key for each algorithm that identities have', () => {
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.throws(() => MemorySigner.fromPrivateKeys([]), /at least one key/);
  assert.throws(
    () => MemorySigner.fromPrivateKeys([...classic().privateKeys, ...classic().privateKeys]),
    /one key for each algorithm/,
  );
  assert.throws(() => MemorySigner.fromPrivateKeys([p256.publicKey]), /P-256 and ML-DSA-65 keys only/);
  const others = [
    generateKeyPairSync('ed25519').privateKey,
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).privateKey,
    generateKeyPairSync('ml-dsa-87').privateKey,
  ];
  for (const other of others) assert.throws(() => MemorySigner.fromPrivateKeys([other]), /P-256 and ML-DSA-65 keys only/);
});

test('a signer does not sign for a key that it does not hold', async () => {
  const [foreign] = classic().keys;
  assert.ok(foreign);
  await assert.rejects(classic().sign(foreign, Buffer.from('a')), TypeError);
});

test('a signer that is shown, logged or serialized gives away no private key', () => {
  const signer = classic();
  const [secret] = signer.privateKeys;
  const d = secret?.export({ format: 'jwk' }).d ?? '';
  assert.equal(d.length, 43);
  for (const shown of [JSON.stringify(signer), inspect(signer, { depth: 9, showHidden: true })]) assert.ok(!shown.includes(d));
});
