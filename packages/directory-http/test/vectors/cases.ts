import { canonicalJson, type Json } from '@themis-mesh/core';

export interface VectorCase {
  readonly name: string;
  readonly about: string;
  readonly message: string;
  readonly text: string;
}

const id = `${'a'.repeat(51)}q`;
const by = `${'b'.repeat(51)}a`;
const digest = 'A'.repeat(43);
const record = 'eyJ2IjoxfQ';
const sample = { answered: 1, of: 1 };
const key = { kind: 'service', id };
const found = { outcome: 'found', record, age: 0, sample };
const listed = { outcome: 'found', records: [], complete: true, age: 0, sample };
const refusal = { code: 'record-rolled-back', detail: 'an older one' };
const instance = { key: { kind: 'instance', id, instance: 'i1' }, record };

const json = (name: string, message: string, body: Json, about: string): VectorCase => ({
  ...{ name, message, about },
  text: canonicalJson(body),
});

/** What is accepted, and then what differs from it by one defect. */
export const CASES: readonly VectorCase[] = [
  json('find-service', 'find-request', { key }, 'a service record is asked for'),
  json('find-history', 'find-request', { key: { kind: 'history', id } }, 'a history is asked for'),
  json('find-charter', 'find-request', { key: { kind: 'charter', id } }, 'a charter is asked for'),
  json('find-head', 'find-request', { key: { kind: 'head', id, by } }, 'what one timekeeper says of a charter is asked for'),
  json('find-instance', 'find-request', { key: instance.key }, 'the record of one instance is asked for'),
  json('find-extended', 'find-request', { key, ext: { later: true } }, 'an extension is passed over'),
  json('find-field-unknown', 'find-request', { key, also: 1 }, 'a field that is not known'),
  json('find-key-missing', 'find-request', {}, 'a field that is missing'),
  json('find-kind-unknown', 'find-request', { key: { kind: 'other', id } }, 'a kind that is not known'),
  json('find-key-field-unknown', 'find-request', { key: { ...key, by } }, 'a key with a field of another kind'),
  json('find-head-without-by', 'find-request', { key: { kind: 'head', id } }, 'a key without a field of its kind'),
  json('find-id-short', 'find-request', { key: { kind: 'service', id: id.slice(1) } }, 'an ID that is none'),
  json('find-id-case', 'find-request', { key: { kind: 'service', id: id.toUpperCase() } }, 'an ID in upper case'),
  json('find-instance-name', 'find-request', { key: { ...instance.key, instance: '../x' } }, 'a name that no instance has'),
  json('find-instances', 'find-request', { key: { kind: 'instances', id } }, 'instances are no key'),
  { name: 'find-white-space', message: 'find-request', text: `{ "key":{"id":"${id}","kind":"service"}}`, about: 'white space' },
  { name: 'find-order', message: 'find-request', text: `{"key":{"kind":"service","id":"${id}"}}`, about: 'names in another order' },
  {
    name: 'find-repeated',
    message: 'find-request',
    text: `{"key":{"id":"${id}","id":"${id}","kind":"service"}}`,
    about: 'a name twice',
  },
  { name: 'find-nothing', message: 'find-request', text: '', about: 'no body' },
  { name: 'find-list', message: 'find-request', text: '[]', about: 'no object' },
  json('instances', 'instances-request', { id }, 'the instances of a service are asked for'),
  json('instances-of-nobody', 'instances-request', { id: 'orders' }, 'a name in the place of an ID'),
  json('store', 'store-request', { key, record }, 'a record is stored'),
  json('store-empty', 'store-request', { key, record: '' }, 'a record of no bytes can be said; no directory takes it'),
  json('store-padded', 'store-request', { key, record: `${record}==` }, 'base64url has no padding'),
  json('store-alphabet', 'store-request', { key, record: 'ab+/' }, 'another alphabet'),
  json('store-bits', 'store-request', { key, record: 'eyJ2IjoxfR' }, 'bits that belong to no byte are zero'),
  json('watch', 'watch-request', { watched: { kind: 'instances', id }, have: [digest], wait: 25 }, 'changes are waited for'),
  json('watch-one', 'watch-request', { watched: key, have: [], wait: 0 }, 'what is there now is asked for'),
  json('watch-long', 'watch-request', { watched: key, have: [], wait: 26 }, 'longer than a node waits'),
  json('watch-digest', 'watch-request', { watched: key, have: ['x'], wait: 0 }, 'no digest'),
  json('found', 'find-answer', found, 'a record'),
  json('found-with-history', 'find-answer', { ...found, history: record }, 'a record, and the history of who signed it'),
  json('not-found', 'find-answer', { outcome: 'not-found', sample }, 'there is none'),
  json('not-found-record', 'find-answer', { outcome: 'not-found', record, sample }, 'there is none, and there is one'),
  json('found-age', 'find-answer', { ...found, age: -1 }, 'an age in the future'),
  json('found-outcome', 'find-answer', { ...found, outcome: 'unavailable' }, 'an outcome that is told by the status'),
  json('listed', 'instances-answer', { ...listed, records: [instance] }, 'one instance'),
  json('listed-none', 'instances-answer', listed, 'no instance'),
  json('listed-complete', 'instances-answer', { ...listed, complete: 'yes' }, 'a text in the place of a truth value'),
  json('stored', 'store-answer', { outcome: 'stored', sample: { answered: 2, of: 3 } }, 'two of three keep it'),
  json('unchanged', 'store-answer', { outcome: 'unchanged', sample }, 'it was there'),
  json('refused', 'store-answer', { outcome: 'refused', refusal, newer: record, history: record }, 'a newer one is there'),
  json('refused-unnamed', 'store-answer', { outcome: 'refused' }, 'a refusal without its reason'),
  json('refused-code', 'store-answer', { outcome: 'refused', refusal: { ...refusal, code: 'No Code' } }, 'a code that is none'),
  json('changed', 'watch-answer', { records: [instance], history: record }, 'a change'),
  json('unchanged-watch', 'watch-answer', { records: [] }, 'nothing else came'),
  json('fault', 'fault', { error: { code: 'too-many', detail: 'ask again later' } }, 'why there is no answer'),
  json('fault-code', 'fault', { error: { code: 'other', detail: '' } }, 'a code that is not known'),
];
