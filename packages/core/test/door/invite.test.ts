import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  AdmissionToken,
  canonicalJson,
  IdentityId,
  Invite,
  MAX_INVITE_CHARACTERS,
  ServiceName,
  sha256,
  toBase64url,
  type Address,
  type InviteContents,
  type Json,
} from '../../src/index.ts';

interface Vector {
  readonly name: string;
  readonly input: { readonly text: string };
  readonly expected: { readonly ok?: Json; readonly refused?: string };
}

const VECTORS = new URL('../../../../vectors/door/invites.json', import.meta.url);

suite('invites', () => {
  const { cases } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { readonly cases: readonly Vector[] };
  for (const { name, input, expected } of cases) {
    test(name, () => {
      const read = Invite.parse(input.text);
      if (expected.refused !== undefined) assert.equal(read.ok ? 'taken' : read.refusal.code, expected.refused);
      else assert.deepEqual(read.ok && inviteFacts(read.value), expected.ok);
    });
  }

  test('every invite that can be made is read back as it was', () => {
    fc.assert(
      fc.property(contents(), (wanted) => {
        const read = Invite.parse(Invite.of(wanted).text);
        assert.ok(read.ok);
        assert.deepEqual(inviteFacts(read.value), plainJson({ ...WITHOUT, ...wanted }));
        assert.equal(read.value.text, Invite.of(wanted).text);
      }),
    );
  });

  test('a slip of copying is found: any one character changed, left out or added', () => {
    fc.assert(
      fc.property(contents(), fc.nat(), fc.constantFrom(...'AZaz09-_.'), fc.nat(2), (wanted, at, character, kind) => {
        const { text } = Invite.of(wanted);
        const index = at % text.length;
        const put = kind === 0 ? '' : character;
        const changed = text.slice(0, index) + put + text.slice(kind === 2 ? index : index + 1);
        if (changed !== text) assert.equal(Invite.parse(changed).ok, false);
      }),
    );
  });

  test('whatever the text is, it is read or refused and nothing is thrown', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.jsonValue().map(textOf));
    fc.assert(
      fc.property(texts, (text) => {
        assert.equal(Invite.parse(text).ok, false);
      }),
    );
  });

  test('what is longer than an invite may be is not looked at', () => {
    const long = Invite.parse(`themis1.${'A'.repeat(MAX_INVITE_CHARACTERS)}.AAAAAAAA`);
    assert.equal(!long.ok && long.refusal.code, 'invite-too-large');
  });

  test('no dump of an invite shows its token, and no refusal does', () => {
    const token = AdmissionToken.of(new Uint8Array(32).fill(7));
    const invite = Invite.of({ ...PLAIN, token });
    assert.ok(!inspect(invite, { depth: 9, showHidden: true }).includes(token));
    assert.ok(!JSON.stringify(invite).includes(token));
    const broken = Invite.parse(textOf({ v: 1, anchor: {}, doors: [], token }));
    assert.ok(!broken.ok && !broken.refusal.detail.includes(token));
  });
});

const ID = IdentityId.ofInception(Buffer.from('app'));
const PLAIN: InviteContents = { anchor: { app: ID }, doors: [{ host: '10.0.0.1', port: 7117, id: ID }] };
const WITHOUT = { nodes: [], name: undefined, token: undefined, exp: undefined };

function inviteFacts({ anchor, doors, nodes, name, token, exp }: Invite): unknown {
  return plainJson({ anchor, doors, nodes, name, token, exp });
}

function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function textOf(json: unknown): string {
  let bytes: Buffer;
  try {
    bytes = Buffer.from(canonicalJson(json as Json));
  } catch {
    bytes = Buffer.from(JSON.stringify(json));
  }
  return `themis1.${toBase64url(bytes)}.${toBase64url(sha256(bytes).subarray(0, 6))}`;
}

function contents(): fc.Arbitrary<InviteContents> {
  const id = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => IdentityId.ofInception(bytes));
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toBase64url(bytes));
  const host = fc.constantFrom('10.0.0.1', 'owner.example', '2001:db8::1', '::1', '127.0.0.1');
  const address: fc.Arbitrary<Address> = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) });
  const checkpoint = fc.record({
    key: fc.nat(15),
    event: digest,
    charter: fc.tuple(fc.nat(15), fc.nat()),
    digest,
  });
  return fc.record(
    {
      anchor: fc.record({ app: id, checkpoint }, { requiredKeys: ['app'] }),
      doors: fc.array(
        fc.tuple(address, id).map(([at, keeper]) => ({ ...at, id: keeper })),
        { minLength: 1, maxLength: 16 },
      ),
      nodes: fc.array(address, { minLength: 1, maxLength: 16 }),
      name: fc.constantFrom('orders', 'a', 'a-1').map((text) => ServiceName.parse(text) ?? assert.fail()),
      token: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => AdmissionToken.of(bytes)),
      exp: fc.integer({ min: 1_577_836_800, max: 253_402_300_799 }),
    },
    { requiredKeys: ['anchor', 'doors'] },
  );
}
