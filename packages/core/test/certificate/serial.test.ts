import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mintLeaf } from '../../src/certificate/mint-leaf.ts';
import { showSerial } from '../../src/certificate/serial.ts';
import { verifyLeafUnder } from '../../src/certificate/verify-leaf.ts';
import { InstanceName } from '../../src/identity/spiffe-id.ts';
import { MemorySigner } from '../../src/keys/signer.ts';
import { newIdentity, NOW } from '../builders/identities.ts';
import { accepted } from '../builders/verdicts.ts';

const { history, operational } = await newIdentity();
const [signer] = operational;
const [publicKey] = MemorySigner.generate().keys;
const instance = InstanceName.parse('i');

test('who makes a leaf and who verifies it call it by one serial number, with zeros in front or without', async () => {
  const octet = fc.constantFrom(0, 1, 0x0a, 0x7f, 0x80, 0xff);
  const serials = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .chain((tail) => fc.tuple(octet, octet, octet).map((head) => Uint8Array.of(...head, ...tail.subarray(3))));
  await fc.assert(
    fc.asyncProperty(
      serials.filter((serial) => serial.some((each) => each !== 0)),
      async (serial) => {
        assert.ok(signer && publicKey && instance);
        const leaf = await mintLeaf({ history, signer, publicKey, instance, serial, now: NOW, ttl: 60 });
        assert.equal(accepted(verifyLeafUnder(leaf, history, NOW)).serial, showSerial(serial));
      },
    ),
  );
  assert.equal(showSerial(Uint8Array.of(0, 0, 0x0a, 0)), '0a00');
});
