import { mkdirSync, writeFileSync } from 'node:fs';
import { AdmissionToken, canonicalJson, IdentityId, Invite, sha256, toBase64url, type Json } from '@themis-mesh/core';

// Writes vectors/door/invites.json anew. Nothing in it is signed, and no token in it is one.

const FOLDER = new URL('../../vectors/door/', import.meta.url);
const APP = IdentityId.ofInception(Buffer.from('app'));
const NODE = IdentityId.ofInception(Buffer.from('node'));
const DIGEST = toBase64url(sha256('digest'));
const TOKEN = AdmissionToken.of(sha256('token'));

const door = { host: '192.0.2.7', port: 7117, id: APP };
const plain = { v: 1, anchor: { app: APP }, doors: [door] };
const checkpoint = { key: 1, event: DIGEST, charter: [1, 12], digest: DIGEST };
const full = {
  ...{ v: 1, anchor: { app: APP, checkpoint }, name: 'orders', token: TOKEN, exp: 1_790_003_600 },
  doors: [door, { host: '2001:db8::7', port: 443, id: NODE }],
  nodes: [{ host: 'node.example', port: 7118, id: NODE }, { host: '192.0.2.8', port: 7118 }],
};

const good: readonly (readonly [name: string, json: Json])[] = [
  ['an app by its ID alone, and one door', plain],
  ['all that there can be', full],
];

const bad: readonly (readonly [name: string, text: string, refused?: string])[] = [
  ['an empty text', ''],
  ['no check behind the payload', textOf(plain).replace(/\.[^.]*$/, '')],
  ['a check of other bytes', textOf(plain).replace(/[^.]*$/, 'AAAAAAAA')],
  ['a character changed in the payload', changed(textOf(plain))],
  ['padded base64', textOf(plain).replace(/\.([^.]*)$/, '=.$1')],
  ['a line end behind it', `${textOf(plain)}\n`],
  ['a newer form', textOf(plain).replace('themis1.', 'themis2.')],
  ['names in another order', textOfBytes(Buffer.from(JSON.stringify(plain)))],
  ['a name twice', textOfBytes(Buffer.from(canonicalJson(plain).replace('{', '{"v":1,')))],
  ['version 2 in the payload', textOf({ ...plain, v: 2 })],
  ['an unknown field', textOf({ ...plain, more: 1 })],
  ['no anchor', textOf({ v: 1, doors: [door] })],
  ['an app that is no ID', textOf({ ...plain, anchor: { app: 'orders' } })],
  ['no doors', textOf({ ...plain, doors: [] })],
  ['17 doors', textOf({ ...plain, doors: Array.from({ length: 17 }, () => door) })],
  ['a door without the ID behind it', textOf({ ...plain, doors: [{ host: '192.0.2.7', port: 7117 }] })],
  ['a door at port 0', textOf({ ...plain, doors: [{ ...door, port: 0 }] })],
  ['a host in octal', textOf({ ...plain, doors: [{ ...door, host: '0300.0.2.7' }] })],
  ['a host in upper case', textOf({ ...plain, doors: [{ ...door, host: 'Owner.example' }] })],
  ['the address 0.0.0.0', textOf({ ...plain, doors: [{ ...door, host: '0.0.0.0' }] })],
  ['an IPv4 address inside an IPv6 one', textOf({ ...plain, doors: [{ ...door, host: '::ffff:192.0.2.7' }] })],
  ['no nodes in a list of them', textOf({ ...plain, nodes: [] })],
  ['a short token', textOf({ ...plain, token: TOKEN.slice(1) })],
  ['a token that is null', textOf({ ...plain, token: null })],
  ['a name with a dot', textOf({ ...plain, name: 'orders.shop' })],
  ['an end before 2020', textOf({ ...plain, exp: 1 })],
  ['too long', `themis1.${'A'.repeat(8200)}.AAAAAAAA`, 'invite-too-large'],
];

const cases = [
  ...good.map(([name, json]) => ({ name, operation: 'invite', input: { text: textOf(json) }, expected: { ok: factsOf(json) } })),
  ...bad.map(([name, text, refused = 'invite-malformed']) => ({
    ...{ name, operation: 'invite', input: { text }, expected: { refused } },
  })),
];

mkdirSync(FOLDER, { recursive: true });
const about = 'Invites, and what they say, or why they are refused.';
writeFileSync(new URL('invites.json', FOLDER), `${JSON.stringify({ format: 'themis-vectors/1', about, cases }, undefined, 1)}\n`);

function textOf(json: Json): string {
  return textOfBytes(Buffer.from(canonicalJson(json)));
}

function textOfBytes(bytes: Uint8Array): string {
  return `themis1.${toBase64url(bytes)}.${toBase64url(sha256(bytes).subarray(0, 6))}`;
}

function changed(text: string): string {
  return text.slice(0, 40) + (text[40] === 'A' ? 'B' : 'A') + text.slice(41);
}

/** @throws where the invite is not taken */
function factsOf(json: Json): unknown {
  const read = Invite.parse(textOf(json));
  if (!read.ok) throw new TypeError(read.refusal.detail);
  const { anchor, doors, nodes, name, token, exp } = read.value;
  return { anchor, doors, nodes, name, token, exp };
}
