import { IdentityId, InstanceName, refuse, sha256, type RecordKey } from '@themis-mesh/core';
import { encodeAnswer, encodeRequest, placeOfRecord, type Answer, type Contact, type Request } from '@themis-mesh/directory-kad';
import type { Watched } from '@themis-mesh/directory';

export interface MessageCase {
  readonly name: string;
  readonly about: string;
  readonly bytes: Uint8Array;
}

/** An ID that is the same in each run. */
export function idOf(text: string): IdentityId {
  return IdentityId.ofInception(sha256(text));
}

const APP = idOf('app');
const ORDERS = idOf('orders');
const I1 = InstanceName.parse('i1') ?? fail();
const ADDRESS = { host: '10.1.2.3', port: 7443 };
const SENDER = { index: 3, address: ADDRESS };

/** One key of each kind. */
export const KEYS: readonly RecordKey[] = [
  { kind: 'history', id: ORDERS },
  { kind: 'charter', id: APP },
  { kind: 'head', id: APP, by: ORDERS },
  { kind: 'service', id: ORDERS },
  { kind: 'instance', id: ORDERS, instance: I1 },
];

const ALL: Watched = { kind: 'instances', id: ORDERS };
const CONTACT: Contact = { identity: ORDERS, index: 63, address: { host: 'node-1.example', port: 1 } };
const SIXTH: Contact = { identity: APP, index: 0, address: { host: '2001:db8::6', port: 65_535 } };
const BYTES = Buffer.from('{"bytes":"of a record"}');

function request(name: string, about: string, message: Request): MessageCase {
  return { name, about, bytes: encodeRequest(message) };
}

function answer(name: string, about: string, message: Answer): MessageCase {
  return { name, about, bytes: encodeAnswer(message) };
}

/** The same message with some bytes changed. */
function changed({ bytes }: MessageCase, name: string, about: string, change: (bytes: Buffer) => Uint8Array): MessageCase {
  return { name, about, bytes: change(Buffer.from(bytes)) };
}

function set(at: number, value: number): (bytes: Buffer) => Uint8Array {
  return (bytes) => {
    bytes[at] = value;
    return bytes;
  };
}

const ping = request('ping', 'From a client: nobody can ask it back.', { kind: 'ping' });
const find = request('find', 'From a node, which says where it is.', {
  kind: 'find',
  sender: SENDER,
  target: placeOfRecord(ALL),
});
const get = request('get of instances', 'With the zone of who asks.', { kind: 'get', wanted: ALL, known: 2, zone: 'eu-1' });
const watch = request('watch', 'For two minutes.', { kind: 'watch', wanted: ALL, known: 0, lease: 120 });
const store = request('store', 'A record under its key.', {
  kind: 'store',
  sender: SENDER,
  record: { key: KEYS[4] ?? fail(), bytes: BYTES },
});

export const REQUESTS: readonly MessageCase[] = [
  ping,
  find,
  ...KEYS.map((wanted) =>
    request(`get of ${wanted.kind}`, `A key of kind ${wanted.kind}.`, { kind: 'get', wanted, known: 16 }),
  ),
  get,
  watch,
  store,
  changed(ping, 'nothing', 'No bytes are no message.', () => Buffer.alloc(0)),
  changed(ping, 'version 2', 'A version that is not spoken.', set(0, 2)),
  changed(ping, 'type of an answer', 'An answer is no request.', set(1, 17)),
  changed(ping, 'flag 2', 'A flag is 0 or 1.', set(2, 2)),
  changed(ping, 'byte behind the end', 'Nothing is behind the last part.', (bytes) => Buffer.concat([bytes, Buffer.of(0)])),
  changed(find, 'index 64', 'A charter allows 64 nodes: 0 to 63.', set(3, 64)),
  changed(find, 'port 0', 'Nobody can be reached there.', (bytes) => {
    bytes.writeUInt16BE(0, 5 + ADDRESS.host.length);
    return bytes;
  }),
  changed(find, 'address 255.1.2.3', 'No unicast address.', (bytes) => {
    const head = bytes.subarray(0, 4);
    return Buffer.concat([head, Buffer.of(9), Buffer.from('255.1.2.3'), bytes.subarray(5 + ADDRESS.host.length)]);
  }),
  changed(find, 'cut short', 'A place has 32 bytes.', (bytes) => bytes.subarray(0, -1)),
  changed(get, 'key of kind 9', 'There is no such kind.', set(3, 9)),
  changed(get, 'ID in upper case', 'An ID has one spelling.', set(4, 0x41)),
  changed(get, '17 events known', 'A history has at most 16.', set(4 + 52, 17)),
  changed(watch, 'lease of no time', 'A lease is at least a second.', (bytes) => Buffer.concat([bytes.subarray(0, -2), Buffer.of(0, 0)])),
  changed(store, 'record longer than its message', 'A length says more than there is.', (bytes) => {
    bytes.writeUInt32BE(BYTES.length + 1, bytes.length - BYTES.length - 4);
    return bytes;
  }),
  changed(store, 'record longer than its kind', 'An instance record has at most 32,768 bytes.', (bytes) => {
    bytes.writeUInt32BE(32_769, bytes.length - BYTES.length - 4);
    return Buffer.concat([bytes.subarray(0, -BYTES.length), Buffer.alloc(32_769)]);
  }),
];

const nodes = answer('nodes', 'Two contacts: by name, and by IPv6 address.', {
  kind: 'nodes',
  index: 7,
  closer: [CONTACT, SIXTH],
});
const records = answer('records', 'One of three instances, with the history of who signs it.', {
  kind: 'records',
  index: 0,
  closer: [],
  records: [{ key: KEYS[4] ?? fail(), bytes: BYTES }],
  total: 3,
  history: Buffer.from('{"history":[]}'),
});
const stored = answer('stored', 'It is kept, and was not before.', { kind: 'stored', index: 0, closer: [], unchanged: false });

export const ANSWERS: readonly MessageCase[] = [
  answer('nodes, none', 'Nobody nearer is known.', { kind: 'nodes', index: 0, closer: [] }),
  nodes,
  answer('records, none', 'Nothing lies there.', { kind: 'records', index: 0, closer: [], records: [], total: 0 }),
  records,
  stored,
  answer('unchanged', 'It was kept before.', { kind: 'stored', index: 0, closer: [], unchanged: true }),
  answer('refused', 'A newer one is kept, and comes with the answer.', {
    kind: 'refused',
    index: 0,
    closer: [],
    refusal: refuse('record-rolled-back', 'instance').refusal,
    held: BYTES,
  }),
  changed(
    answer('refused', '', { kind: 'refused', index: 0, closer: [], refusal: refuse('node-flood', ORDERS).refusal }),
    'refused with a code of later',
    'A code that is not known is read as `node-other`.',
    (bytes) => Buffer.from(bytes.toString('latin1').replace('node-flood', 'node-later'), 'latin1'),
  ),
  changed(nodes, 'type of a request', 'A request is no answer.', set(1, 1)),
  changed(nodes, '17 contacts', 'An answer tells of at most 16.', set(3, 17)),
  changed(stored, 'flag 7', 'A flag is 0 or 1.', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(7)])),
  changed(records, 'more records than there are', 'What is sent is a part of what is kept.', (bytes) => {
    bytes.writeUInt32BE(0, 4);
    return bytes;
  }),
];

export interface PlaceCase {
  readonly name: string;
  readonly operation: 'place-of-node' | 'place-of-record';
  readonly input: { readonly identity?: string; readonly salt?: string; readonly index?: number; readonly key?: Watched };
}

const SALT = Buffer.alloc(16, 1).toString('base64url');

export const PLACES: readonly PlaceCase[] = [
  { name: 'node 0', operation: 'place-of-node', input: { identity: ORDERS, salt: SALT, index: 0 } },
  { name: 'node 63', operation: 'place-of-node', input: { identity: ORDERS, salt: SALT, index: 63 } },
  {
    name: 'node with a salt of 32 bytes',
    operation: 'place-of-node',
    input: { identity: ORDERS, salt: Buffer.alloc(32, 1).toString('base64url'), index: 0 },
  },
  ...[...KEYS, ALL].map((key) => ({ name: key.kind, operation: 'place-of-record' as const, input: { key } })),
];

function fail(): never {
  throw new TypeError('a case is not what it should be');
}
