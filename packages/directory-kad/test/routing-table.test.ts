import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KAD, RoutingTable, compareDistance, type PlacedContact, type Place } from '@themis-mesh/directory-kad';
import { seededChance } from '@themis-mesh/testkit';
import { placeBeyond, sharedBits } from '../src/place.ts';
import { contactAt, placeAt } from './contacts.ts';

const OWN = placeAt('own');

class Seen {
  readonly joined: string[] = [];
  readonly lost: string[] = [];
  readonly doubted: string[] = [];
  readonly table: RoutingTable = new RoutingTable(OWN, {
    onJoined: ({ name }) => this.joined.push(name),
    onLost: ({ name }) => this.lost.push(name),
    onDoubt: ({ name }) => this.doubted.push(name),
  });
}

/** Contacts that share no leading bit with the own place. */
function farContacts(count: number): readonly PlacedContact[] {
  return Array.from({ length: 200 }, (_, at) => contactAt(`far ${at}`))
    .filter(({ place }) => sharedBits(OWN, place) === 0)
    .slice(0, count);
}

test('the nearest are found, as sorting all by distance would', () => {
  const places = fc.array(fc.nat(10_000), { maxLength: 80 });
  fc.assert(
    fc.property(places, fc.nat(10_000), (numbers, at) => {
      const table = new RoutingTable(OWN);
      const contacts = [...new Set(numbers)].map((number) => contactAt(String(number)));
      for (const contact of contacts) table.answered(contact, 0);
      const target = placeAt(`target ${at}`);
      const known = contacts.filter((contact) => table.find(contact) !== undefined);
      const sorted = known.sort((a, b) => compareDistance(target, a.place, b.place)).map(({ name }) => name);
      assert.deepEqual(
        table.closest(target, 8).map(({ name }) => name),
        sorted.slice(0, 8),
      );
    }),
  );
});

test('distance is symmetric, unique and consistent with shared bits', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, c) => {
      const [x, y, z] = [placeAt(String(a)), placeAt(String(b)), placeAt(String(c))];
      assert.ok(Math.sign(compareDistance(x, y, z)) + Math.sign(compareDistance(x, z, y)) === 0);
      if (a !== b) assert.ok(compareDistance(x, x, y) < 0);
      if (sharedBits(x, y) > sharedBits(x, z)) assert.ok(compareDistance(x, y, z) < 0);
    }),
  );
});

test('a drawn place shares as many bits as was asked, for each number', () => {
  const chance = seededChance(7);
  for (let bits = 0; bits < 256; bits += 1) assert.equal(sharedBits(OWN, placeBeyond(OWN, bits, chance)), bits);
});

test('who is there stays, and newcomers wait until somebody goes', () => {
  const { table, joined, lost, doubted } = new Seen();
  const contacts = farContacts(KAD.bucket + 3);
  for (const contact of contacts) table.answered(contact, 0);
  assert.equal(table.size, KAD.bucket);
  assert.equal(joined.length, KAD.bucket);
  const [first] = contacts;
  assert.ok(first !== undefined);
  table.failed(first, 1);
  assert.deepEqual(lost, [], 'one failure is none');
  assert.deepEqual(doubted, [first.name]);
  table.failed(first, 2);
  assert.deepEqual(lost, [first.name]);
  assert.deepEqual(doubted.slice(1), [contacts.at(-1)?.name], 'the spare heard last is asked');
  assert.equal(table.size, KAD.bucket - 1);
});

test('an answer between two failures makes them two first ones', () => {
  const { table, lost } = new Seen();
  const [contact] = farContacts(1);
  assert.ok(contact !== undefined);
  table.answered(contact, 0);
  table.failed(contact, 1);
  table.answered(contact, 2);
  table.failed(contact, 3);
  assert.deepEqual(lost, []);
});

test('who only says where it is gets no place before it has answered there', () => {
  const { table } = new Seen();
  const [contact] = farContacts(1);
  assert.ok(contact !== undefined);
  assert.equal(table.asked(contact, 0), true, 'it should be asked');
  assert.equal(table.size, 0);
  table.answered(contact, 1);
  assert.equal(table.asked(contact, 2), false);
  const elsewhere = { ...contact, address: { host: '10.9.9.9', port: 1 } };
  assert.equal(table.asked(elsewhere, 3), true, 'another address is another claim');
  assert.equal(table.find(contact)?.contact.address.host, contact.address.host);
  table.failed(elsewhere, 4);
  table.failed(elsewhere, 5);
  assert.equal(table.size, 1, 'that nobody is at a claimed address says nothing of the known one');
});

test('who was not heard for long is asked, the longest first, and slower in a large table', () => {
  const { table } = new Seen();
  const contacts = farContacts(3);
  for (const [at, contact] of contacts.entries()) table.answered(contact, at);
  assert.deepEqual(table.quiet(KAD.quietMs - 1), []);
  assert.deepEqual(
    table.quiet(KAD.quietMs + 2).map(({ name }) => name),
    contacts.map(({ name }) => name),
  );
  const large = new RoutingTable(OWN);
  for (let at = 0; at < 2_000; at += 1) large.answered(contactAt(`large ${at}`), 0);
  assert.ok(large.size * KAD.probePaceMs > KAD.quietMs);
  assert.deepEqual(large.quiet(large.size * KAD.probePaceMs - 1), []);
});

test('whom a new charter removes, or gives another place, is out at once', () => {
  const { table, lost } = new Seen();
  const contacts = farContacts(KAD.bucket + 2);
  for (const contact of contacts) table.answered(contact, 0);
  const [kept] = contacts;
  table.keepOnly(({ name }) => name === kept?.name);
  assert.equal(table.size, 1);
  assert.equal(lost.length, KAD.bucket - 1);
});

test('buckets in which nothing was sought are looked up anew, and each once', () => {
  const { table } = new Seen();
  for (let at = 0; at < 40; at += 1) table.answered(contactAt(String(at)), 0);
  const chance = seededChance(3);
  const depth = Math.max(...[...table.neighbours()].map(({ contact }) => sharedBits(OWN, contact.place)));
  const targets: readonly Place[] = table.stale(0, chance);
  assert.deepEqual(
    targets.map((target) => sharedBits(OWN, target)),
    Array.from({ length: depth + 1 }, (_, at) => at),
  );
  assert.deepEqual(table.stale(1, chance), []);
  table.looked(placeBeyond(OWN, 0, chance), KAD.refreshMs - 1);
  assert.equal(table.stale(KAD.refreshMs, chance).length, depth);
});
