import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceName } from '../../src/app/name.ts';
import { TargetName } from '../../src/app/target-name.ts';
import { newIdentity } from '../builders/identities.ts';
import { named } from '../builders/apps.ts';

test('a name alone is a service of this app, one with an alias behind a dot of another', () => {
  assert.deepEqual(TargetName.partsOf(TargetName.of(named('web'), undefined)), { service: 'web', alias: undefined });
  assert.deepEqual(TargetName.partsOf(TargetName.of(named('web'), named('shop'))), { service: 'web', alias: 'shop' });
  assert.equal(TargetName.parse('web.shop'), 'web.shop');
  assert.equal(TargetName.parse('web'), 'web');
});

test('nothing else is one: no third label, no empty one, no ID, no case, no other script', async () => {
  const { id } = (await newIdentity()).history;
  const others = [
    '',
    '.',
    'web.',
    '.shop',
    'web..shop',
    'a.b.c',
    'Web.shop',
    'web.Shop',
    'web.sh\u043ep',
    'web.shop\n',
    `web.${id}`,
    id,
  ];
  for (const text of others) assert.equal(TargetName.parse(text), undefined, JSON.stringify(text));
  for (const value of [undefined, null, 1, ['web']]) assert.equal(TargetName.is(value), false);
});

test('whatever parses comes apart into the names that it was made of, and no own name is one of another app', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/).filter(ServiceName.is);
  fc.assert(
    fc.property(label, fc.option(label, { nil: undefined }), (service, alias) => {
      const name = TargetName.of(service, alias);
      assert.equal(TargetName.parse(name), name);
      assert.deepEqual(TargetName.partsOf(name), { service, alias });
      assert.equal(ServiceName.is(name), alias === undefined);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab-.A\n ') }), (text) => {
      const name = TargetName.parse(text);
      if (name === undefined) return;
      const { service, alias } = TargetName.partsOf(name);
      assert.ok(ServiceName.is(service) && (alias === undefined || ServiceName.is(alias)));
      assert.equal(TargetName.of(service, alias), text);
    }),
  );
});
