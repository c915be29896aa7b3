import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyOptions } from '@themis-mesh/mesh';
import { rejectsWith, throwsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

/** What a program in plain JavaScript may hand over. */
const NONE: readonly unknown[] = [
  undefined,
  null,
  'members',
  [],
  { default: 'allow-all' },
  { default: '__proto__' },
  { allow: 'web' },
  { allow: ['web', 7] },
  { allow: ['*'] },
  { default: 'members', deny: ['web'] },
];

test('what is no policy is refused, and the policy before stays in force', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { mesh: orders } = await home.serve('orders', (_, response) => response.end());
  const web = await home.join('web');
  orders.setPolicy({ default: 'deny-all' });
  for (const none of NONE) throwsWith(() => orders.setPolicy(none as PolicyOptions), 'THEMIS_CONFIG_INVALID');
  await rejectsWith(web.fetch('http://orders/'), 'THEMIS_REFUSED_BY_PEER', 'policy-deny-all');
  orders.setPolicy({ allow: [web.name] });
  for (const none of NONE) throwsWith(() => orders.setPolicy(none as PolicyOptions), 'THEMIS_CONFIG_INVALID');
  assert.equal((await web.fetch('http://orders/')).status, 200);
});
