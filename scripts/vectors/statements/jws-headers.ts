import { createHmac } from 'node:crypto';
import { canonicalJson } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { forge, rewire, without, type Content, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { NOW } from '../../../packages/core/test/builders/identities.ts';
import { TYP, withSignature, signingInput, type Refuse, type World } from './token.ts';

export async function badHeaders({ signer, key, good, claims }: World, refuse: Refuse): Promise<void> {
  const under = (header: (honest: JsonObject) => Content): Promise<Uint8Array> => forge(TYP, claims, [signer], header);
  const others: Readonly<Record<string, readonly [about: string, change: JsonObject, code: RefusalCode]>> = {
    'alg-es384': ['Another ECDSA algorithm.', { alg: 'ES384' }, 'statement-alg'],
    'alg-es256k': ['Another curve.', { alg: 'ES256K' }, 'statement-alg'],
    'alg-rs256': ['An RSA algorithm.', { alg: 'RS256' }, 'statement-alg'],
    'alg-eddsa': ['EdDSA.', { alg: 'EdDSA' }, 'statement-alg'],
    'alg-ml-dsa-65': ['An algorithm that identities have, but not this key.', { alg: 'ML-DSA-65' }, 'statement-alg'],
    'alg-lower-case': ['The algorithm in lower case.', { alg: 'es256' }, 'statement-alg'],
    'alg-empty': ['An empty algorithm.', { alg: '' }, 'statement-alg'],
    'alg-null': ['The algorithm is null.', { alg: null }, 'statement-header'],
    'alg-list': ['A list of algorithms.', { alg: ['ES256'] }, 'statement-header'],
    'kid-number': ['The kid is a number.', { kid: 0 }, 'statement-header'],
    'kid-long': ['A kid of 65 characters.', { kid: 'k'.repeat(65) }, 'statement-header'],
    'kid-path': ['A kid that is a path.', { kid: '../../../../dev/null' }, 'statement-key-unknown'],
    'kid-query': ['A kid with SQL.', { kid: "' OR 1=1 --" }, 'statement-key-unknown'],
    'kid-empty': ['An empty kid.', { kid: '' }, 'statement-key-unknown'],
    'kid-padded': ['The thumbprint with padding.', { kid: `${key.thumbprint}=` }, 'statement-key-unknown'],
    'kid-prototype': ['A kid that is a name of Object.prototype.', { kid: '__proto__' }, 'statement-key-unknown'],
    'typ-jwt': ['No explicit type.', { typ: 'JWT' }, 'statement-typ'],
    'typ-upper-case': ['The type in upper case.', { typ: TYP.toUpperCase() }, 'statement-typ'],
    'typ-application': ['The type with its application prefix.', { typ: `application/${TYP}` }, 'statement-typ'],
    'typ-empty': ['An empty type.', { typ: '' }, 'statement-typ'],
    'typ-list': ['Two types.', { typ: [TYP, 'themis-charter+jwt'] }, 'statement-header'],
    ...Object.fromEntries(
      Object.values(STATEMENT_KINDS)
        .filter(({ typ }) => typ !== TYP)
        .map(({ typ }) => [
          `typ-${typ.slice(7, -4)}`,
          ['The type of another kind of statement.', { typ }, 'statement-typ'] as const,
        ]),
    ),
    'crit-b64': ['b64 made critical.', { b64: false, crit: ['b64'] }, 'statement-header'],
    'crit-exp': ['An extension made critical.', { crit: ['exp'], exp: NOW + 60 }, 'statement-header'],
    'crit-empty': ['An empty list of critical extensions.', { crit: [] }, 'statement-header'],
    'b64-true': ['b64, though it says what holds anyway.', { b64: true }, 'statement-header'],
    'jwk': ['A key in the header.', { jwk: { ...key.jwk } }, 'statement-header'],
    'jku': ['A place of keys in the header.', { jku: 'https://127.0.0.1/keys' }, 'statement-header'],
    'x5u': ['A place of certificates in the header.', { x5u: 'https://127.0.0.1/chain' }, 'statement-header'],
    'x5c': ['Certificates in the header.', { x5c: ['MIIB'] }, 'statement-header'],
    'x5t': ['The digest of a certificate in the header.', { 'x5t#S256': key.thumbprint }, 'statement-header'],
    'cty': ['A content type.', { cty: 'JWT' }, 'statement-header'],
    'zip': ['Compression.', { zip: 'DEF' }, 'statement-header'],
    'iss': ['A claim repeated in the header.', { iss: 'a' }, 'statement-header'],
    'header-proto': ['A member named __proto__.', { ['__proto__']: { typ: TYP } }, 'statement-header'],
  };
  for (const [name, [about, change, code]] of Object.entries(others))
    refuse(name, about, await under((honest) => ({ ...honest, ...change })), code);
  for (const name of ['alg', 'kid', 'typ']) {
    refuse(`${name}-missing`, `No ${name}.`, await under((honest) => without(honest, name)), 'statement-header');
  }
  for (const alg of ['none', 'None', 'NONE']) {
    const unsigned = rewire(await under((honest) => ({ ...honest, alg })), (jws) => withSignature(jws, ''));
    refuse(
      `alg-${alg === 'none' ? alg : alg === 'None' ? 'none-capital' : 'none-upper-case'}`,
      'No algorithm, and no signature.',
      unsigned,
      'statement-alg',
    );
  }
  for (const form of ['pem', 'der'] as const) {
    const secret = key.keyObject.export({ type: 'spki', format: form });
    const forged = rewire(await under((honest) => ({ ...honest, alg: 'HS256' })), (jws) =>
      withSignature(jws, createHmac('sha256', secret).update(signingInput(jws)).digest('base64url')),
    );
    refuse(
      `alg-hs256-${form}`,
      'A MAC under the public key, for readers that take the algorithm from the token.',
      forged,
      'statement-alg',
    );
  }
  const honest = { alg: 'ES256', kid: key.thumbprint, typ: TYP };
  const text = canonicalJson(honest);
  const contents: Readonly<Record<string, readonly [about: string, content: Content, code: RefusalCode]>> = {
    'header-reordered': [
      'Members in another order.',
      Buffer.from(JSON.stringify({ typ: TYP, alg: 'ES256', kid: key.thumbprint })),
      'statement-not-canonical',
    ],
    'header-white-space': ['White space.', Buffer.from(JSON.stringify(honest, null, 1)), 'statement-not-canonical'],
    'header-alg-twice': ['Two algorithms.', Buffer.from(text.replace('{', '{"alg":"none",')), 'statement-not-canonical'],
    'header-escaped-name': ['A name escaped.', Buffer.from(text.replace('"alg"', '"\\u0061lg"')), 'statement-not-canonical'],
    'header-byte-order-mark': ['A byte order mark.', Buffer.from(`\ufeff${text}`), 'statement-not-json'],
    'header-empty': ['No bytes.', Buffer.alloc(0), 'statement-not-json'],
    'header-empty-object': ['No members.', {}, 'statement-header'],
    'header-list': ['A list.', ['ES256', key.thumbprint, TYP], 'statement-header'],
    'header-null': ['null.', null, 'statement-header'],
    'header-string': ['A text.', text, 'statement-header'],
  };
  for (const [name, [about, content, code]] of Object.entries(contents)) refuse(name, about, await under(() => content), code);
  const unprotected = rewire(good, ({ payload, signatures }) => ({
    payload,
    signatures: signatures.map((entry) => ({ ...entry, header: { kid: key.thumbprint } })),
  }));
  refuse('header-unprotected', 'An unprotected header beside the protected one.', unprotected, 'statement-not-jws');
}
