import { Cases, encoded, type VectorFile } from './case.ts';

const ACCEPTED: Readonly<Record<string, readonly [text: string, about: string]>> = {
  'null': ['null', 'A literal.'],
  'empty-object': ['{}', 'An object without members.'],
  'members-in-order': ['{"a":1,"b":[true,false,null,"x"]}', 'Members in the order of their names.'],
  'order-of-utf-16': [
    '{"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\u{1f600}":0,"\ufb33":0}',
    'Names are ordered by UTF-16 code units, not by code points.',
  ],
  'numbers-as-names': ['{"10":1,"9":2}', 'Names that look like numbers are ordered as texts.'],
  'greatest-integer': ['9007199254740991', '2^53 - 1.'],
  'least-integer': ['-9007199254740991', '1 - 2^53.'],
  'short-escapes': ['"\\b\\t\\n\\f\\r\\"\\\\"', 'Escapes that have a short form.'],
  'control-escape': ['"\\u000b\\u001f"', 'Escapes that have none, in lower case.'],
  'unescaped': ['"/\u007f\u2028\u00e9\u{1f600}"', 'Nothing else is escaped.'],
  'not-normalized': ['["\u00e9","e\u0301"]', 'Texts are not normalized: both forms of one letter stay.'],
  'names-of-prototypes': [
    '{"__proto__":1,"constructor":2}',
    'Names that mean something to a language are names like all others.',
  ],
  'nesting-of-33': ['['.repeat(33) + ']'.repeat(33), 'As deep as it may be.'],
};

const NOT_CANONICAL: Readonly<Record<string, readonly [text: string, about: string]>> = {
  'white-space': ['{"a": 1}', 'White space between tokens.'],
  'line-end': ['{}\n', 'White space behind the value.'],
  'members-out-of-order': ['{"b":1,"a":2}', 'Members in another order.'],
  'order-of-code-points': ['{"\ufb33":0,"\u{1f600}":0}', 'Names ordered by code points.'],
  'name-twice': ['{"a":1,"a":1}', 'A name stands twice.'],
  'name-twice-escaped': ['{"a":1,"\\u0061":1}', 'A name stands twice, once escaped.'],
  'minus-zero': ['-0', 'Minus zero.'],
  'fraction': ['1.5', 'A number that is not whole.'],
  'fraction-of-zero': ['1.0', 'A whole number with a fraction.'],
  'exponent': ['1e3', 'A whole number with an exponent.'],
  'beyond-2-53': ['9007199254740992', '2^53.'],
  'beyond-all': ['1e400', 'A number that no float holds.'],
  'needless-escape': ['"\\u0041"', 'A letter escaped.'],
  'escaped-slash': ['"\\/"', 'A slash escaped.'],
  'upper-case-escape': ['"\\u001F"', 'An escape in upper case.'],
  'long-escape': ['"\\u000a"', 'A long escape where there is a short one.'],
  'escaped-pair': ['"\\ud83d\\ude00"', 'A surrogate pair escaped.'],
  'lone-surrogate': ['"\\ud800"', 'A lone surrogate, escaped.'],
  'lone-surrogate-in-name': ['{"\\udc00":1}', 'A name with a lone surrogate.'],
  'nesting-of-34': ['['.repeat(34) + ']'.repeat(34), 'Nested too deeply.'],
  'nesting-of-5000': ['['.repeat(5000) + ']'.repeat(5000), 'Nested so deeply that a recursive reader may fall.'],
};

const NOT_JSON: Readonly<Record<string, readonly [content: string | readonly number[], about: string]>> = {
  'nothing': ['', 'No bytes.'],
  'byte-order-mark': ['\ufeff{}', 'A byte order mark.'],
  'utf-16': [[0x7b, 0x00, 0x7d, 0x00], 'UTF-16.'],
  'overlong-utf-8': [[0x22, 0xc1, 0x81, 0x22], 'A letter in two bytes of UTF-8.'],
  'surrogate-in-utf-8': [[0x22, 0xed, 0xa0, 0x80, 0x22], 'A surrogate in UTF-8.'],
  'beyond-unicode': [[0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 'A code point beyond U+10FFFF.'],
  'cut-utf-8': [[0x22, 0xe2, 0x82, 0x22], 'A sequence of UTF-8 that ends early.'],
  'control-character': ['"\u0001"', 'A control character that is not escaped.'],
  'two-values': ['{}{}', 'Two values.'],
  'trailing-comma': ['[1,]', 'A comma before the end.'],
  'comment': ['{}//', 'A comment.'],
  'leading-zero': ['01', 'A number with a leading zero.'],
  'not-a-number': ['NaN', 'No JSON number.'],
  'unclosed': ['['.repeat(5000), 'Brackets that never close.'],
};

export function canonicalJsonVectors(): VectorFile {
  const cases = new Cases();
  for (const [name, [text, about]] of Object.entries(ACCEPTED)) cases.accepted('canonical-json', name, about, input(text), null);
  for (const [name, [text, about]] of Object.entries(NOT_CANONICAL)) {
    cases.refused('canonical-json', name, 'members-in-order', about, input(text), 'statement-not-canonical');
  }
  for (const [name, [content, about]] of Object.entries(NOT_JSON)) {
    cases.refused('canonical-json', name, 'members-in-order', about, input(content), 'statement-not-json');
  }
  return cases.file('RFC 8785 (JSON Canonicalization Scheme) for JSON whose numbers are safe integers, nested at most 33 deep.');
}

function input(content: string | readonly number[]): { readonly bytes: string } {
  return { bytes: encoded(typeof content === 'string' ? content : Uint8Array.from(content)) };
}
