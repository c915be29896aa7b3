import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalJson,
  MemorySigner,
  openKeys,
  parseCanonicalJson,
  sealedKeysShape,
  sealKeys,
  type Json,
  type SealedKeys,
  type SignatureAlgorithm,
} from '@themis-mesh/core';

const CHEAP = { memory: 128, passes: 1, parallelism: 1 };
const PASSPHRASE = Buffer.from('correct horse battery');

/** As a reader of a file gets it. */
function read(json: Json): SealedKeys {
  const parsed = parseCanonicalJson(Buffer.from(canonicalJson(json)));
  assert.ok(parsed !== undefined);
  return sealedKeysShape(parsed, '');
}

function thumbprints(signers: readonly MemorySigner[]): readonly (readonly string[])[] {
  return signers.map((signer) => signer.keys.map((key) => key.thumbprint));
}

const algorithms = fc.constantFrom<readonly SignatureAlgorithm[]>(['ES256'], ['ML-DSA-65'], ['ES256', 'ML-DSA-65']);

test('what is sealed opens to the same keys, with its passphrase and with no other', async () => {
  const passphrase = fc.uint8Array({ minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(fc.array(algorithms, { maxLength: 3 }), passphrase, passphrase, async (kinds, right, wrong) => {
      const signers = kinds.map((kind) => MemorySigner.generate(kind));
      const sealed = read(await sealKeys(signers, right, CHEAP));
      const opened = await openKeys(sealed, right);
      assert.deepEqual(thumbprints(opened), thumbprints(signers));
      const [signer] = opened;
      const key = signer?.keys[0];
      if (signer !== undefined && key !== undefined) assert.ok(key.verify(right, await signer.sign(key, right)));
      if (Buffer.compare(right, wrong) !== 0) await assert.rejects(openKeys(sealed, wrong), { code: 'THEMIS_PASSPHRASE_WRONG' });
    }),
    { numRuns: 25 },
  );
});

test('without a passphrase keys are written as they are, and opened with or without one', async () => {
  const signers = [MemorySigner.generate(['ES256', 'ML-DSA-65'])];
  const sealed = read(await sealKeys(signers, undefined));
  assert.equal(sealed.seal, 'none');
  assert.deepEqual(thumbprints(await openKeys(sealed, undefined)), thumbprints(signers));
  assert.deepEqual(thumbprints(await openKeys(sealed, PASSPHRASE)), thumbprints(signers));
});

test('sealed keys ask for a passphrase', async () => {
  const sealed = read(await sealKeys([MemorySigner.generate()], PASSPHRASE, CHEAP));
  await assert.rejects(openKeys(sealed, undefined), { code: 'THEMIS_PASSPHRASE_MISSING' });
});

test('no private key and no passphrase can be read in what is sealed', async () => {
  const signer = MemorySigner.generate();
  const text = canonicalJson(await sealKeys([signer], PASSPHRASE, CHEAP));
  const plain = canonicalJson(await sealKeys([signer], undefined));
  const der = /"keys":\["([^"]+)"/.exec(plain)?.[1] ?? assert.fail('a key');
  assert.ok(!text.includes(der.slice(40, 60)) && !text.includes(PASSPHRASE.toString()));
});

test('two seals of the same keys have nothing in common', async () => {
  const signer = MemorySigner.generate();
  const [first, second] = [read(await sealKeys([signer], PASSPHRASE, CHEAP)), read(await sealKeys([signer], PASSPHRASE, CHEAP))];
  assert.ok(first.seal !== 'none' && second.seal !== 'none');
  assert.notDeepEqual(first.salt, second.salt);
  assert.notDeepEqual(first.nonce, second.nonce);
  assert.notDeepEqual(first.box, second.box);
});

test('every field of the header is bound to the box, and every bit of the box counts', async () => {
  const json = await sealKeys([MemorySigner.generate()], PASSPHRASE, CHEAP);
  const sealed = read(json);
  assert.ok(sealed.seal !== 'none');
  const changes: readonly SealedKeys[] = [
    { ...sealed, memory: 136 },
    { ...sealed, passes: 2 },
    { ...sealed, parallelism: 2 },
    { ...sealed, salt: flipped(sealed.salt, 3) },
    { ...sealed, nonce: flipped(sealed.nonce, 3) },
    ...[0, 8, 500, sealed.box.length * 8 - 1].map((bit) => ({ ...sealed, box: flipped(sealed.box, bit) })),
  ];
  for (const changed of changes) await assert.rejects(openKeys(changed, PASSPHRASE), { code: 'THEMIS_PASSPHRASE_WRONG' });
});

test('a hostile file can ask for neither the memory nor the time of its reader', async () => {
  const sealed = (await sealKeys([MemorySigner.generate()], PASSPHRASE, CHEAP)) as Record<string, Json>;
  const costs: readonly Record<string, Json>[] = [
    { memory: 262_145 },
    { memory: 4_294_967_296 },
    { memory: 0 },
    { memory: -1 },
    { passes: 11 },
    { passes: 0 },
    { parallelism: 17 },
    { parallelism: 0 },
    { salt: 'AAAA' },
    { nonce: '' },
    { box: 'AAAA' },
    { seal: 'argon2i+aes-256-gcm' },
    { v: 2 },
    { extra: 1 },
  ];
  for (const cost of costs) {
    assert.throws(() => sealedKeysShape({ ...sealed, ...cost }, ''), { name: 'ShapeError' }, JSON.stringify(cost));
  }
});

test('what is no key of an identity is an error that quotes nothing of it', async () => {
  const ed25519 = 'MC4CAQAwBQYDK2VwBCIEIJ-DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF';
  for (const key of ['AAAA', ed25519]) {
    const sealed = read({ v: 1, seal: 'none', signers: [{ keys: [key] }] });
    await assert.rejects(openKeys(sealed, undefined), (error: unknown) => {
      assert.ok(error instanceof Error && !String(error.stack).includes(key));
      assert.deepEqual([Reflect.get(error, 'code'), error.cause], ['THEMIS_KEYS_MALFORMED', undefined]);
      return true;
    });
  }
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
