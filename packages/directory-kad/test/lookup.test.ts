import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDistance, KAD, Lookup, type LookupPlan, type Place, type PlacedContact } from '@themis-mesh/directory-kad';
import { seededChance } from '@themis-mesh/testkit';
import { contactAt, placeAt } from './contacts.ts';

/** What a node says when it is asked who is near a place. Undefined: it does not answer. */
type Says = (target: Place) => readonly PlacedContact[] | undefined;

/** Nodes that know each other, and answer at once and in turn. */
class World {
  readonly all: readonly PlacedContact[];
  readonly #says = new Map<string, Says>();
  asked = 0;

  /** @param knows how many others each knows */
  constructor(count: number, knows: number, seed = 1) {
    const chance = seededChance(seed);
    this.all = Array.from({ length: count }, (_, at) => contactAt(`node ${at}`));
    for (const self of this.all) {
      // As a routing table: those near, and some from anywhere.
      const near = nearest(
        self.place,
        this.all.filter(({ name }) => name !== self.name),
      ).slice(0, knows >> 1);
      const any = Array.from({ length: knows >> 1 }, () => this.all[Math.floor(chance() * count)] ?? self);
      const known = [...new Map([...near, ...any].map((contact) => [contact.name, contact])).values()];
      this.let(self, (target) => nearest(target, known).slice(0, KAD.replicas));
    }
  }

  let(self: PlacedContact, says: Says): void {
    this.#says.set(self.name, says);
  }

  run(plan: LookupPlan): Lookup {
    const lookup = new Lookup(plan);
    const queue: PlacedContact[] = [];
    while (!lookup.isDone) {
      for (const { contact } of lookup.next()) queue.push(contact);
      const next = queue.shift();
      if (next === undefined) break;
      this.asked += 1;
      const said = this.#says.get(next.name)?.(plan.target);
      if (said === undefined) lookup.failed(next);
      else lookup.answered(next, said);
    }
    return lookup;
  }
}

function nearest(target: Place, contacts: readonly PlacedContact[]): readonly PlacedContact[] {
  return [...contacts].sort((a, b) => compareDistance(target, a.place, b.place));
}

function namesOf(contacts: readonly PlacedContact[]): readonly string[] {
  return contacts.map(({ name }) => name);
}

test('a lookup finds the nearest of all, wherever it begins', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(1_000), fc.nat(), (count, at, begin) => {
      const world = new World(count, 40);
      const target = placeAt(`target ${at}`);
      const seeds = [0, 1, 2].map((step) => world.all[(begin + step) % count]).flatMap((seed) => seed ?? []);
      const unique = [...new Map(seeds.map((seed) => [seed.name, seed])).values()];
      const found = world.run({ target, seeds: unique }).closest();
      assert.deepEqual(namesOf(found), namesOf(nearest(target, world.all).slice(0, KAD.replicas)));
    }),
    { numRuns: 60 },
  );
});

test('where the nearest are known it asks them, and nobody else', () => {
  const world = new World(50, 48);
  const target = placeAt('target');
  world.run({ target, seeds: nearest(target, world.all).slice(0, 16) });
  assert.equal(world.asked, KAD.replicas);
});

test('who does not answer is passed over, and the next nearest takes its place', () => {
  const world = new World(60, 40);
  const target = placeAt('target');
  const sorted = nearest(target, world.all);
  const dead = new Set(namesOf(sorted.filter((_, at) => at % 3 === 0)));
  for (const contact of world.all) if (dead.has(contact.name)) world.let(contact, () => undefined);
  const lookup = world.run({ target, seeds: sorted.slice(20, 36) });
  const alive = sorted.filter(({ name }) => !dead.has(name)).slice(0, KAD.replicas);
  assert.deepEqual(namesOf(lookup.closest()), namesOf(alive));
  const last = alive.at(-1)?.place ?? assert.fail();
  const missed = sorted.filter(({ name, place }) => dead.has(name) && compareDistance(target, place, last) < 0);
  assert.deepEqual(new Set(namesOf(lookup.missing())), new Set(namesOf(missed)));
});

test('no node is asked twice, nor oneself', () => {
  const world = new World(40, 30);
  const target = placeAt('target');
  const [self] = nearest(target, world.all);
  const lookup = world.run({ target, seeds: world.all.slice(0, 5), except: self?.name });
  assert.ok(!namesOf(lookup.closest()).includes(self?.name ?? ''));
  assert.ok(world.asked <= 40);
});

/**
 * Every second node is hostile, and names only its like, so that who asks it first hears of nobody else. The honest know each
 * other. The nearest that a node knows happen to be hostile, as an attacker would have it.
 */
function surrounded(): {
  readonly world: World;
  readonly target: Place;
  readonly seeds: readonly PlacedContact[];
  readonly honest: Set<string>;
} {
  const world = new World(400, 60);
  const target = placeAt('target');
  const sorted = nearest(target, world.all);
  const hostile = sorted.filter((_, at) => at % 2 === 0);
  for (const liar of hostile) world.let(liar, (wanted) => nearest(wanted, hostile).slice(0, 16));
  const honest = sorted.filter((_, at) => at % 2 === 1);
  for (const node of honest) world.let(node, (wanted) => nearest(wanted, honest).slice(0, KAD.replicas));
  const seeds = [...hostile.slice(100, 106), ...honest.slice(140, 142)];
  return { world, target, seeds, honest: new Set(namesOf(honest.slice(0, 4))) };
}

test('a lookup over disjoint paths finds honest nodes among many that lie', () => {
  const { world, target, seeds, honest } = surrounded();
  const found = namesOf(world.run({ target, seeds }).closest());
  assert.equal(found.filter((name) => honest.has(name)).length, 4);
});

test('and over a single path it does not: that is what the paths are for', () => {
  const { world, target, seeds, honest } = surrounded();
  const found = namesOf(world.run({ target, seeds, paths: 1 }).closest());
  assert.equal(found.filter((name) => honest.has(name)).length, 0);
});

test('a liar that names nodes at false addresses hides none of them', () => {
  const world = new World(60, 40);
  const target = placeAt('target');
  const sorted = nearest(target, world.all);
  const [liar, ...rest] = sorted.slice(30);
  assert.ok(liar !== undefined);
  world.let(liar, () => sorted.slice(0, 16).map((contact) => ({ ...contact, address: { host: '10.66.6.6', port: 1 } })));
  const lookup = new Lookup({ target, seeds: [liar, ...rest.slice(0, 7)] });
  const queue: PlacedContact[] = [];
  while (!lookup.isDone) {
    queue.push(...lookup.next().map(({ contact }) => contact));
    const next = queue.shift();
    if (next === undefined) break;
    if (next.address.host === '10.66.6.6') lookup.failed(next);
    else if (next.name === liar.name)
      lookup.answered(
        next,
        sorted.slice(0, 16).map((each) => ({ ...each, address: { host: '10.66.6.6', port: 1 } })),
      );
    else lookup.answered(next, nearest(target, sorted).slice(0, KAD.replicas));
  }
  assert.deepEqual(namesOf(lookup.closest()), namesOf(sorted.slice(0, KAD.replicas)));
});

test('who is told of without end is not asked without end', () => {
  const world = new World(1, 2);
  const [first] = world.all;
  assert.ok(first !== undefined);
  const target = placeAt('target');
  let made = 0;
  const invented = (): readonly PlacedContact[] =>
    Array.from({ length: 16 }, () => {
      made += 1;
      const contact = contactAt(`invented ${made}`);
      // Nearer and nearer, without an end.
      const place = Uint8Array.from(target);
      place[31 - (made >> 8)] = (place[31 - (made >> 8)] ?? 0) ^ (made & 255);
      const near = { ...contact, place: place as Place };
      world.let(near, invented);
      return near;
    });
  world.let(first, invented);
  const lookup = world.run({ target, seeds: [first] });
  assert.ok(lookup.isDone);
  assert.ok(lookup.asked <= 128, String(lookup.asked));
});

test('a late node lets another be asked, and counts when it answers after all', () => {
  const target = placeAt('target');
  const seeds = nearest(
    target,
    Array.from({ length: 20 }, (_, at) => contactAt(`node ${at}`)),
  );
  const lookup = new Lookup({ target, seeds });
  const first = lookup.next().map(({ contact }) => contact);
  assert.equal(first.length, KAD.parallel);
  assert.deepEqual(lookup.next(), []);
  const [late] = first;
  assert.ok(late !== undefined);
  lookup.late(late);
  const more = lookup.next();
  assert.equal(more.length, 1);
  for (const contact of [...first.slice(1), ...more.map(({ contact: each }) => each)]) lookup.answered(contact, []);
  for (let steps = lookup.next(); steps.length > 0; steps = lookup.next())
    for (const { contact } of steps) lookup.answered(contact, []);
  assert.equal(lookup.isDone, true, 'enough have answered without it');
  lookup.answered(late, []);
  assert.ok(namesOf(lookup.closest()).includes(late.name));
});

test('near are the nearest that may still answer, however many addresses each is given', () => {
  const target = placeAt('target');
  const seeds = nearest(
    target,
    Array.from({ length: 12 }, (_, at) => contactAt(`seed ${at}`)),
  );
  const lookup = new Lookup({ target, seeds });
  const near = (): readonly number[] => [...seeds.keys()].filter((at) => lookup.isNear(seeds[at]?.name ?? ''));
  const [first, second] = seeds;
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(near(), [0, 1, 2, 3, 4, 5, 6, 7]);
  lookup.answered(second, [{ ...first, address: { host: '10.9.9.9', port: 9 } }]);
  assert.deepEqual(near(), [0, 1, 2, 3, 4, 5, 6, 7]);
  lookup.failed(second);
  assert.ok(lookup.isNear(second.name), 'who has answered does not fail any more');
  lookup.next();
  lookup.failed(first);
  lookup.failed({ ...first, address: { host: '10.9.9.9', port: 9 } });
  assert.deepEqual(near().at(-1), 8);
  assert.equal(lookup.isNear('nobody'), false);
});
