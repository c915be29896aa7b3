import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import 'reflect-metadata';
import * as peculiar from '@peculiar/x509';
import { DerReader, TAG } from '../../src/asn1/der-reader.ts';
import { time, unsignedInteger } from '../../src/asn1/der-writer.ts';
import { OID } from '../../src/certificate/profile.ts';
import {
  fitsCertificate,
  incept,
  InstanceName,
  MAX_IDENTITY_CERTIFICATE_BYTES,
  MemorySigner,
  mintIdentityCertificate,
  mintLeaf,
  PublicKey,
  rotate,
  verifyChain,
  type LeafPlan,
} from '../../src/index.ts';
import { build, identitySpec, leafSpec, leafUri, makeActor, makeWorld, newKey, soleSigner, type Actor } from './chain-builder.ts';
import { NO_OPENSSL, opensslText, opensslVerify } from './openssl.ts';

const NOW = 1_800_000_000;
const world = await makeWorld(NOW);
const SERIAL = Buffer.from('5f0d3c2b1a998877665544332211ffee', 'hex');

function plan(changes: Partial<LeafPlan> = {}, issuer: Actor = world.service): LeafPlan {
  const { history, signer } = issuer;
  return {
    history,
    signer,
    publicKey: publicOf(world.leafKey),
    instance: instance(world.instance),
    serial: SERIAL,
    now: NOW,
    ttl: 3600,
    ...changes,
  };
}

describe('an identity certificate', () => {
  it('is the template, byte for byte, but for its signature', async () => {
    for (const issuer of [world.service, world.rotated]) {
      const certificate = await mintIdentityCertificate(issuer);
      assert.deepEqual(signedPart(certificate), signedPart(build(identitySpec(issuer))));
    }
  });

  it('is read by OpenSSL as it is meant', { skip: NO_OPENSSL }, async () => {
    const { history } = world.service;
    const text = opensslText(await mintIdentityCertificate(world.service));
    assert.match(text, new RegExp(`Issuer: CN ?= ?${history.id}, serialNumber ?= ?0\n`));
    assert.match(text, new RegExp(`Subject: CN ?= ?${history.id}, serialNumber ?= ?0\n`));
    assert.match(text, /Not After : Dec 31 23:59:59 9999 GMT/);
    assert.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    assert.match(text, /Key Usage: critical\s+Certificate Sign\n/);
    assert.match(text, new RegExp(`Subject Alternative Name: \\s+URI:spiffe://${history.id}\n`));
  });

  it('is read by node:crypto and @peculiar/x509 as it is meant', async () => {
    const der = await mintIdentityCertificate(world.rotated);
    const node = new X509Certificate(der);
    assert.equal(node.ca, true);
    assert.equal(node.verify(createPublicKey(world.rotated.key)), true);
    assert.equal(node.checkIssued(node), true);
    assert.equal(node.checkPrivateKey(world.rotated.key), true);
    assert.equal(node.subject, `CN=${world.service.history.id}\nserialNumber=1`);
    assert.equal(node.subjectAltName, `URI:spiffe://${world.service.history.id}`);

    const certificate = new peculiar.X509Certificate(der);
    assert.equal(await certificate.isSelfSigned(), true);
    assert.deepEqual(
      Array.from(certificate.extensions, ({ type, critical }) => [type, critical]),
      [
        [OID.basicConstraints, true],
        [OID.keyUsage, true],
        [OID.subjectKeyIdentifier, false],
        [OID.subjectAltName, false],
        [OID.keyHistory, false],
      ],
    );
    const constraints = certificate.getExtension(peculiar.BasicConstraintsExtension);
    assert.deepEqual([constraints?.ca, constraints?.pathLength], [true, 0]);
    assert.equal(certificate.getExtension(peculiar.KeyUsagesExtension)?.usages, peculiar.KeyUsageFlags.keyCertSign);
  });

  it('differs in serial number from one event to the next, and from one signer to the next', async () => {
    const first = MemorySigner.generate();
    const second = MemorySigner.generate();
    const recovery = MemorySigner.generate();
    const history = await incept({
      operational: { signers: [first, second], threshold: 1 },
      recovery: soleSigner(recovery),
      now: NOW,
    });
    const both = [
      await mintIdentityCertificate({ history, signer: first }),
      await mintIdentityCertificate({ history, signer: second }),
    ];
    const serials = [...both, await mintIdentityCertificate(world.service), await mintIdentityCertificate(world.rotated)].map(
      (der) => new X509Certificate(der).serialNumber,
    );
    assert.equal(new Set(serials).size, 4);
  });

  it('is signed by the P-256 key of a hybrid signer', async () => {
    const signer = MemorySigner.generate(['ES256', 'ML-DSA-65']);
    const recovery = MemorySigner.generate(['ES256', 'ML-DSA-65']);
    const history = await incept({ operational: soleSigner(signer), recovery: soleSigner(recovery), now: NOW });
    const chain = [await mintLeaf({ ...plan(), history, signer }), await mintIdentityCertificate({ history, signer })];
    const verdict = verifyChain(chain, { now: NOW, expectedId: history.id });
    assert.equal(verdict.ok, true);
  });

  it('is not made by a signer that may not, nor for an identity that asks for several, nor for a retired one', async () => {
    const { history, signer } = world.service;
    await assert.rejects(mintIdentityCertificate({ history, signer: world.service.recovery }), /no operational P-256 key/);
    await assert.rejects(mintIdentityCertificate({ history: world.rotated.history, signer }), /no operational P-256 key/);
    await assert.rejects(mintIdentityCertificate(world.twoOfTwo), /more signers/);
    await assert.rejects(mintIdentityCertificate({ history: world.retired, signer }), /retired/);
    const quantum = MemorySigner.generate(['ML-DSA-65']);
    const other = await incept({ operational: soleSigner(quantum), recovery: soleSigner(signer), now: NOW });
    await assert.rejects(mintIdentityCertificate({ history: other, signer: quantum }), /no operational P-256 key/);
  });

  it('is not made of a history that does not fit, and that can be known before', async () => {
    const algorithms = ['ES256', 'ML-DSA-65'] as const;
    let operational = MemorySigner.generate(algorithms);
    let recovery = MemorySigner.generate(algorithms);
    let history = await incept({ operational: soleSigner(operational), recovery: soleSigner(recovery), now: NOW });
    while (fitsCertificate(history)) {
      const der = await mintIdentityCertificate({ history, signer: operational });
      assert.ok(der.length <= MAX_IDENTITY_CERTIFICATE_BYTES);
      const [nextOperational, nextRecovery] = [MemorySigner.generate(algorithms), MemorySigner.generate(algorithms)];
      const next = { operational: soleSigner(nextOperational), recovery: soleSigner(nextRecovery), grace: 0, now: NOW };
      history = await rotate(history, { revealed: [recovery], ...next });
      [operational, recovery] = [nextOperational, nextRecovery];
    }
    assert.ok(history.events.length > 3);
    await assert.rejects(mintIdentityCertificate({ history, signer: operational }), /does not fit/);
  });
});

describe('a leaf', () => {
  it('is the template, byte for byte, but for its signature', async () => {
    for (const issuer of [world.service, world.rotated]) {
      assert.deepEqual(signedPart(await mintLeaf(plan({}, issuer))), signedPart(build(leafSpec(world, issuer))));
    }
  });

  it('is read and believed by OpenSSL as it is meant', { skip: NO_OPENSSL }, async () => {
    const leaf = await mintLeaf(plan({ membership: Buffer.from('{"a":1}') }));
    const identity = await mintIdentityCertificate(world.service);
    const text = opensslText(leaf);
    assert.match(text, /Subject: *\n/);
    assert.match(text, /Basic Constraints: critical\s+CA:FALSE\n/);
    assert.match(text, /Key Usage: critical\s+Digital Signature\n/);
    assert.match(text, /Extended Key Usage: \s+TLS Web Server Authentication, TLS Web Client Authentication\n/);
    assert.match(text, new RegExp(`Subject Alternative Name: critical\\s+URI:${leafUri(world)}\n`));
    for (const purpose of ['sslserver', 'sslclient'] as const) {
      assert.equal(opensslVerify(leaf, identity, purpose, NOW), 'leaf.pem: OK');
    }
    const other = await mintIdentityCertificate(world.other);
    assert.match(opensslVerify(leaf, other, 'sslserver', NOW), /unable to get local issuer certificate/);
    assert.match(opensslVerify(leaf, identity, 'sslserver', NOW + 3601), /certificate has expired/);
    assert.match(opensslVerify(leaf, identity, 'sslserver', NOW - 61), /certificate is not yet valid/);
  });

  it('is read and believed by node:crypto and @peculiar/x509 as it is meant', async () => {
    const leaf = await mintLeaf(plan());
    const node = new X509Certificate(leaf);
    assert.equal(node.ca, false);
    assert.equal(node.verify(createPublicKey(world.service.key)), true);
    assert.equal(node.verify(createPublicKey(world.other.key)), false);
    assert.equal(node.checkPrivateKey(world.leafKey), true);
    assert.equal(node.checkIssued(new X509Certificate(await mintIdentityCertificate(world.service))), true);
    assert.equal(node.checkIssued(new X509Certificate(await mintIdentityCertificate(world.rotated))), false);
    assert.equal(node.subjectAltName, `URI:${leafUri(world)}`);
    assert.equal(node.serialNumber, SERIAL.toString('hex').toUpperCase());
    assert.deepEqual(node.keyUsage, [OID.serverAuth, OID.clientAuth]);

    const certificate = new peculiar.X509Certificate(leaf);
    const publicKey = createPublicKey(world.service.key).export({ type: 'spki', format: 'der' });
    assert.equal(await certificate.verify({ publicKey, date: new Date(NOW * 1000) }), true);
    assert.equal(certificate.notBefore.getTime(), (NOW - 60) * 1000);
    assert.equal(certificate.notAfter.getTime(), (NOW + 3600) * 1000);
    assert.deepEqual(certificate.getExtension(peculiar.SubjectAlternativeNameExtension)?.names.toJSON(), [
      { type: 'url', value: leafUri(world) },
    ]);
  });

  it('has a positive serial number whatever the random bytes are', async () => {
    for (const [bytes, serial] of [
      ['ff'.repeat(16), 'ff'.repeat(16)],
      [`00${'80'.repeat(15)}`, '80'.repeat(15)],
      [`${'00'.repeat(15)}01`, '01'],
    ] as const) {
      const chain = [await mintLeaf(plan({ serial: Buffer.from(bytes, 'hex') })), await mintIdentityCertificate(world.service)];
      const verdict = verifyChain(chain, { now: NOW });
      assert.equal(verdict.ok && verdict.value.serial, serial);
    }
  });

  it('is not made outside of its limits', async () => {
    const quantum = MemorySigner.generate(['ML-DSA-65']).keys[0];
    assert.ok(quantum);
    for (const wrong of [
      { ttl: 0 },
      { ttl: 86_401 },
      { ttl: 1.5 },
      { ttl: Number.NaN },
      { now: Number.NaN },
      { now: NOW + 0.5 },
      { now: Number.MAX_SAFE_INTEGER },
      { serial: new Uint8Array(16) },
      { serial: new Uint8Array(15).fill(1) },
      { publicKey: quantum },
      { membership: new Uint8Array(16 * 1024) },
      { signer: world.other.signer },
      { history: world.retired },
    ]) {
      await assert.rejects(mintLeaf(plan(wrong)), TypeError, Object.keys(wrong).join());
    }
  });

  it('is the template whatever it is asked for, but for key, name, serial number and dates', async () => {
    const identity = await mintIdentityCertificate(world.service);
    const asked = fc.record({
      ttl: fc.integer({ min: 1, max: 86_400 }),
      now: fc.integer({ min: NOW, max: NOW + 1_000_000 }),
      serial: fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((bytes) => bytes.some((byte) => byte !== 0)),
      instance: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map(instance),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ ttl, now, serial, instance: name }) => {
        const leafKey = newKey();
        const leaf = await mintLeaf(plan({ ttl, now, serial, instance: name, publicKey: publicOf(leafKey) }));
        const expected = {
          ...leafSpec({ ...world, now, leafKey, instance: name }),
          serial: unsignedInteger(serial),
          notAfter: time(now + ttl),
        };
        assert.deepEqual(signedPart(leaf), signedPart(build(expected)));
        assert.equal(verifyChain([leaf, identity], { now, expectedId: world.service.history.id }).ok, true);
      }),
      { numRuns: 50 },
    );
  });

  it('may live for a second and for a day', async () => {
    const identity = await mintIdentityCertificate(world.service);
    for (const ttl of [1, 86_400]) {
      const leaf = await mintLeaf(plan({ ttl }));
      assert.equal(verifyChain([leaf, identity], { now: NOW - 60 }).ok, true);
      assert.equal(verifyChain([leaf, identity], { now: NOW + ttl }).ok, true);
    }
  });

  it('takes dates on both sides of 2050', async () => {
    const then = Date.UTC(2049, 11, 31, 23, 59, 30) / 1000;
    const { history, signer } = await makeActor(then);
    const chain = [await mintLeaf(plan({ history, signer, now: then })), await mintIdentityCertificate({ history, signer })];
    assert.equal(verifyChain(chain, { now: then }).ok, true);
    assert.equal(new X509Certificate(chain[0] ?? '').validTo, 'Jan  1 00:59:30 2050 GMT');
  });
});

function signedPart(certificate: Uint8Array): Uint8Array {
  return new DerReader(certificate).enter(TAG.sequence, 'certificate').next('tbs').bytes;
}

function publicOf(key: KeyObject): PublicKey {
  const publicKey = PublicKey.fromPrivate(key);
  assert.ok(publicKey);
  return publicKey;
}

function instance(text: string): InstanceName {
  const name = InstanceName.parse(text);
  assert.ok(name);
  return name;
}
