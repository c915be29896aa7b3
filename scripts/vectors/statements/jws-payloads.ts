import { canonicalJson } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { forge, textOf, without, type Content } from '../../../packages/core/test/builders/forge.ts';
import { NOW } from '../../../packages/core/test/builders/identities.ts';
import { TYP, type Refuse, type World } from './token.ts';

export async function badPayloads({ signer, claims }: World, refuse: Refuse): Promise<void> {
  const text = canonicalJson(claims);
  const contents: Readonly<Record<string, readonly [about: string, content: Content, code: RefusalCode]>> = {
    'payload-empty': ['No bytes.', Buffer.alloc(0), 'statement-not-json'],
    'payload-not-json': ['A JSON text that ends early.', Buffer.from(text.slice(0, -1)), 'statement-not-json'],
    'payload-byte-order-mark': ['A byte order mark.', Buffer.from(`\ufeff${text}`), 'statement-not-json'],
    'payload-reordered': [
      'Members in another order.',
      Buffer.from(JSON.stringify({ v: 1, ...claims })),
      'statement-not-canonical',
    ],
    'payload-white-space': ['White space.', Buffer.from(JSON.stringify(claims, null, 1)), 'statement-not-canonical'],
    'payload-exp-twice': ['A field twice.', Buffer.from(text.replace('"exp":', '"exp":9,"exp":')), 'statement-not-canonical'],
    'payload-minus-zero': ['Minus zero.', Buffer.from(text.replace('[0,0]', '[-0,0]')), 'statement-not-canonical'],
    'payload-exponent': [
      'A time with an exponent.',
      Buffer.from(text.replace(`"iat":${NOW}`, '"iat":18e8')),
      'statement-not-canonical',
    ],
    'payload-fraction': [
      'A time with a fraction.',
      Buffer.from(text.replace(`"iat":${NOW}`, `"iat":${NOW}.5`)),
      'statement-not-canonical',
    ],
    'payload-beyond-2-53': [
      'An integer of 2^53.',
      Buffer.from(text.replace('[0,0]', '[0,9007199254740992]')),
      'statement-not-canonical',
    ],
    'payload-escaped': ['A letter escaped.', Buffer.from(text.replace('"v"', '"\\u0076"')), 'statement-not-canonical'],
    'payload-list': ['A list.', [claims], 'statement-shape'],
    'payload-null': ['null.', null, 'statement-shape'],
    'payload-text': ['A text.', text, 'statement-shape'],
    'payload-v-2': ['Another version.', { ...claims, v: 2 }, 'statement-shape'],
    'payload-v-text': ['The version as a text.', { ...claims, v: '1' }, 'statement-shape'],
    'payload-v-true': ['The version as a truth.', { ...claims, v: true }, 'statement-shape'],
    'payload-field': ['A field that is unknown.', { ...claims, nbf: NOW }, 'statement-shape'],
    'payload-field-proto': ['A field named __proto__.', { ...claims, ['__proto__']: { ext: {} } }, 'statement-shape'],
    'payload-field-constructor': ['A field named constructor.', { ...claims, constructor: { prototype: {} } }, 'statement-shape'],
    'payload-ext-null': ['An extension of null.', { ...claims, ext: null }, 'statement-shape'],
    'payload-ext-list': ['An extension that is a list.', { ...claims, ext: [] }, 'statement-shape'],
    'payload-ext-large': [
      'An extension of more than 4 KiB, counted in bytes.',
      { ...claims, ext: { a: '€'.repeat(1400) } },
      'statement-shape',
    ],
    'payload-app-upper-case': [
      'An ID in upper case.',
      { ...claims, app: textOf(claims['app']).toUpperCase() },
      'statement-shape',
    ],
    'payload-app-bits': [
      'An ID whose last character holds bits behind the digest.',
      { ...claims, app: `${textOf(claims['app']).slice(0, -1)}b` },
      'statement-shape',
    ],
    'payload-charter-short': ['A sequence of one number.', { ...claims, charter: [0] }, 'statement-shape'],
    'payload-charter-long': ['A sequence of three numbers.', { ...claims, charter: [0, 0, 0] }, 'statement-shape'],
    'payload-charter-negative': ['A sequence below zero.', { ...claims, charter: [0, -1] }, 'statement-shape'],
    'payload-charter-text': ['A sequence of texts.', { ...claims, charter: ['0', '0'] }, 'statement-shape'],
    'payload-digest-short': ['A digest of 31 bytes.', { ...claims, digest: 'A'.repeat(42) }, 'statement-shape'],
    'payload-digest-bits': [
      'A digest with bits behind its last byte.',
      { ...claims, digest: `${'A'.repeat(42)}B` },
      'statement-shape',
    ],
    'payload-iat-zero': ['A time before 2020.', { ...claims, iat: 0 }, 'statement-shape'],
    'payload-iat-negative': ['A time before 1970.', { ...claims, iat: -1 }, 'statement-shape'],
    'payload-iat-milliseconds': ['A time in milliseconds, beyond 9999.', { ...claims, iat: NOW * 1000 }, 'statement-shape'],
    'payload-iat-text': ['A time as a text.', { ...claims, iat: String(NOW) }, 'statement-shape'],
    'payload-exp-iat': ['It ends when it begins.', { ...claims, exp: NOW }, 'statement-shape'],
  };
  for (const [name, [about, content, code]] of Object.entries(contents))
    refuse(name, about, await forge(TYP, content, [signer]), code);
  for (const name of Object.keys(claims)) {
    refuse(
      `payload-no-${name}`,
      `The field ${name} missing.`,
      await forge(TYP, without(claims, name), [signer]),
      'statement-shape',
    );
  }
}
