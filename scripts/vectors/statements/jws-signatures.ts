import { sign as signBytes } from 'node:crypto';
import { forge, openJws, rewire } from '../../../packages/core/test/builders/forge.ts';
import { newSigners, NOW } from '../../../packages/core/test/builders/identities.ts';
import { encoded, first } from './case.ts';
import { TYP, withSignature, both, open, signingInput, type Refuse, type World } from './token.ts';

export async function badSignatures({ signer, key, good, claims }: World, refuse: Refuse): Promise<void> {
  const jws = openJws(good);
  const own = Buffer.from(jws.signatures[0]?.signature ?? '', 'base64url');
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const zero = Buffer.alloc(32);
  const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
  const flipped = Buffer.from(own);
  flipped[63] = (flipped[63] ?? 0) ^ 1;
  const secret = first(signer.privateKeys);
  const message = signingInput(jws);
  const p1363 = 'ieee-p1363';
  const values: Readonly<Record<string, readonly [about: string, bytes: Uint8Array]>> = {
    'signature-empty': ['No signature.', Buffer.alloc(0)],
    'signature-zero': ['r = s = 0.', Buffer.concat([zero, zero])],
    'signature-r-zero': ['r = 0.', Buffer.concat([zero, own.subarray(32)])],
    'signature-s-zero': ['s = 0.', Buffer.concat([own.subarray(0, 32), zero])],
    'signature-ones': ['r = s = 1.', Buffer.concat([one, one])],
    'signature-order': ['r = s = n.', Buffer.concat([order, order])],
    'signature-s-order': ['s = n.', Buffer.concat([own.subarray(0, 32), order])],
    'signature-full': ['All bits set.', Buffer.alloc(64, 255)],
    'signature-swapped': ['r and s exchanged.', Buffer.concat([own.subarray(32), own.subarray(0, 32)])],
    'signature-flipped': ['One bit changed.', flipped],
    'signature-short': ['Its last byte missing.', own.subarray(0, 63)],
    'signature-long': ['A byte more.', Buffer.concat([own, Buffer.alloc(1)])],
    'signature-der': ['In DER, as X.509 has it.', signBytes('sha256', message, secret)],
    'signature-sha384': ['Over SHA-384.', signBytes('sha384', message, { key: secret, dsaEncoding: p1363 })],
    'signature-of-payload': [
      'Over the payload without the header.',
      signBytes('sha256', Buffer.from(jws.payload), { key: secret, dsaEncoding: p1363 }),
    ],
    'signature-of-decoded': [
      'Over the payload before it was encoded.',
      signBytes('sha256', Buffer.from(jws.payload, 'base64url'), { key: secret, dsaEncoding: p1363 }),
    ],
  };
  for (const [name, [about, bytes]] of Object.entries(values)) {
    refuse(
      name,
      about,
      rewire(good, (source) => withSignature(source, encoded(bytes))),
      'statement-signature',
    );
  }
  const stranger = first(newSigners(1));
  const foreign = openJws(await forge(TYP, claims, [stranger]));
  const asOwn = await forge(TYP, claims, [stranger], (honest) => ({ ...honest, kid: key.thumbprint }));
  refuse('signature-by-stranger', 'By a key that nobody named.', await forge(TYP, claims, [stranger]), 'statement-key-unknown');
  refuse('signature-by-stranger-as-own', 'By another key under the kid of the right one.', asOwn, 'statement-signature');
  refuse(
    'signature-of-stranger-beside',
    'A good signature and one by a key that nobody named.',
    both(jws, foreign),
    'statement-key-unknown',
  );
  refuse('signature-of-stranger-before', 'The same in the other order.', both(foreign, jws), 'statement-key-unknown');
  refuse('signature-twice', 'The same signature twice.', both(jws, jws), 'statement-signature-repeated');
  refuse(
    'signature-twice-new',
    'Two good signatures of one key.',
    both(jws, openJws(await forge(TYP, claims, [signer]))),
    'statement-signature-repeated',
  );
  const later = openJws(await forge(TYP, { ...claims, exp: NOW + 301 }, [signer]));
  refuse(
    'payload-exchanged',
    'The signature of another payload.',
    rewire(good, () => ({ ...open(jws), payload: later.payload })),
    'statement-signature',
  );
}

export async function badEncodings({ signer, good }: World, refuse: Refuse): Promise<void> {
  const jws = openJws(good);
  const entry = first(jws.signatures);
  const odd: Readonly<Record<string, readonly [about: string, spoil: (text: string) => string]>> = {
    'padded': ['padding', (text) => `${text}${'='.repeat((4 - (text.length % 4)) % 4 || 4)}`],
    'line-end': ['a line end', (text) => `${text}\n`],
    'alphabet': ['a character of the other alphabet', (text) => `${text.slice(0, 3)}+${text.slice(4)}`],
    'length': ['a length that no bytes have', (text) => `${text}${'A'.repeat((5 - (text.length % 4)) % 4)}`],
    'beyond-ascii': ['a character beyond ASCII', (text) => `${text}é`],
  };
  for (const [name, [what, spoil]] of Object.entries(odd)) {
    for (const part of ['payload', 'protected', 'signature'] as const) {
      const payload = part === 'payload' ? spoil(jws.payload) : jws.payload;
      const header = part === 'protected' ? spoil(entry.protected) : entry.protected;
      const right = encoded(await signer.sign(first(signer.keys), Buffer.from(`${header}.${payload}`)));
      const signature = part === 'signature' ? spoil(right) : right;
      const spoilt = rewire(good, () => ({ payload, signatures: [{ protected: header, signature }] }));
      refuse(`base64url-${part}-${name}`, `The ${part} with ${what}, signed as it stands.`, spoilt, 'statement-base64');
    }
  }
  const bits = rewire(good, (source) =>
    withSignature(source, `${entry.signature.slice(0, -1)}${nextCharacter(entry.signature.slice(-1))}`),
  );
  refuse('base64url-signature-bits', 'Bits behind the last byte of the signature.', bits, 'statement-base64');
}

// The next of the alphabet: it differs in the last bit, which the last character of 64 bytes does not use.
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) + 1);
}
