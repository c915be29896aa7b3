import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { errorCode, User } from './themis.ts';

const CHARGE = `default: deny-all
rules:
  - name: charge
    action: allow
    services: [web]
    methods: [POST]
    paths: [/charge, /orders/*/charge]
  - name: reports
    action: allow
    labels: {team: finance}
    headers: {x-role: [auditor, admin]}
    paths: [/reports/**]
  - name: no-admin
    action: deny
    paths: [/admin/**]
`;

async function userWith(t: test.TestContext, text: string): Promise<{ readonly user: User; readonly file: string }> {
  const user = await User.withServices(t, 'web', 'payments');
  await user.must('add', 'ledger', '--labels', 'team=finance');
  const file = join(user.folder, 'payments.yaml');
  await writeFile(file, text);
  return { user, file };
}

test('check shows the rules in the order in which they are asked, and all mistakes with their places', async (t) => {
  const { user, file } = await userWith(t, CHARGE);
  const checked = await user.must('policy', 'check', file);
  assert.match(checked, /^sound /);
  assert.deepEqual(
    [...checked.matchAll(/^(deny|allow|audit) +([a-z-]+)/gm)].map(([, action, name]) => `${action ?? ''} ${name ?? ''}`),
    ['deny no-admin', 'allow charge', 'allow reports', 'deny default'],
  );
  await writeFile(file, CHARGE.replace('[POST]', '[post]').replace('/admin/**', '/admin/x*'));
  const bad = await user.run(['policy', 'check', file]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /payments\.yaml:6:15: rules\.0\.methods\.0: /);
  assert.match(bad.stderr, /payments\.yaml:15:13: rules\.2\.paths\.0: /);
  for (const [text, doubt] of [
    ['default: members\nallow: [web]', /to allow some of them changes nothing/],
    ['{}', /nobody may call/],
    ['rules: [{name: all, action: deny}]', /rule all denies everything/],
    ['rules: [{name: sub, action: allow, paths: [/a%2Fb]}]', /no request has the path \/a%2Fb/],
  ] as const) {
    await writeFile(file, text);
    assert.match(await user.must('policy', 'check', file), doubt);
  }
});

test('explain names policy, rule and reason, and the near misses', async (t) => {
  const { user, file } = await userWith(t, CHARGE);
  const explain = async (from: string, ...words: readonly string[]): Promise<readonly [number | null, string]> => {
    const { code, stdout, stderr } = await user.run(['policy', 'explain', '--from', from, '--to', 'payments', ...words]);
    return [code, stdout + stderr];
  };
  assert.deepEqual((await explain('web', 'GET', '/charge'))[0], 0, 'without a policy every member may');
  await user.must('policy', 'set', 'payments', '--file', file);
  const [allowed, why] = await explain('web', 'POST', '/orders/7/charge?x=1');
  assert.equal(allowed, 0);
  assert.match(why, /^allowed POST [^]*by +charter:payments, charge$/m);
  const [refused, nearly] = await explain('web', 'GET', '/charge');
  assert.equal(refused, 1);
  assert.match(nearly, /^refused GET \/charge from web to payments$/m);
  assert.match(nearly, /allow +charge +near miss: methods/);
  assert.match(nearly, /allow +reports +not: labels, paths, headers/);
  assert.match((await explain('ledger', 'GET', '/reports/may'))[1], /near miss: headers/);
  assert.equal((await explain('ledger', 'GET', '/reports/may', '--header', 'x-role=admin'))[0], 0);
  assert.match((await explain('ledger', 'GET', '/reports/../admin'))[1], /reason .*\(a segment of dots\)/);
  assert.match((await explain('web', 'GET', '/%61dmin/x'))[1], /by +charter:payments, no-admin$[^]*path +\/admin\/x$/m);
  assert.match((await explain(`${'a'.repeat(51)}a`, 'GET', '/'))[1], /it may not even connect/);
  for (const from of ['nobody', 'web.billing', 'Web'])
    assert.equal(
      errorCode(await user.run(['policy', 'explain', '--from', from, '--to', 'payments', 'GET', '/', '--json'])),
      'THEMIS_NAME_UNKNOWN',
    );
});

test('a policy that names callers who are no members is not put into the charter', async (t) => {
  const { user, file } = await userWith(t, CHARGE.replace('[web]', '[webb]'));
  assert.equal(errorCode(await user.run(['policy', 'set', 'payments', '--file', file, '--json'])), 'THEMIS_NAME_UNKNOWN');
  assert.equal(errorCode(await user.run(['policy', 'set', 'payments', '--file', file, '--none', '--json'])), 'THEMIS_USAGE');
  await writeFile(file, 'charter');
  assert.equal(errorCode(await user.run(['policy', 'set', 'payments', '--file', file, '--json'])), 'THEMIS_CONFIG_INVALID');
});

test('replay says what a policy would have changed, and passes over what is no request', async (t) => {
  const { user, file } = await userWith(t, CHARGE);
  const log = join(user.folder, 'access.log');
  const base = { time: '2030-01-01T00:00:00.000Z', direction: 'inbound', caller: 'web', service: 'payments', protocol: 'http' };
  const lines: readonly unknown[] = [
    ...Array.from({ length: 3 }, () => ({ ...base, method: 'GET', path: '/charge', status: 200 })),
    { ...base, method: 'POST', path: '/charge?x=1', status: 200 },
    { ...base, method: 'POST', path: '/orders/1/charge', status: 403, refusal: 'policy-no-rule', policy: 'p', rule: 'default' },
    { ...base, caller: 'ledger', method: 'GET', path: '/reports/may', status: 200 },
    { ...base, method: 'GET', path: '/x\u001b[2J', status: 200 },
    { ...base, protocol: 'tcp' },
    { ...base, direction: 'outbound', method: 'GET', path: '/' },
    { ...base, method: 'GET', path: '/', refusal: 'certificate-expired' },
    { ...base, service: 'other', method: 'GET', path: '/' },
    { ...base, method: 'GET', path: `/${'a'.repeat(99)}…` },
    { dropped: 7 },
    [],
    'text',
  ];
  const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\nno json\n\n`;
  await writeFile(log, text);
  const report = (await user.json('policy', 'replay', log, '--policy', file, '--to', 'payments')) as Record<string, unknown>;
  const { changes, ...counts } = report;
  assert.deepEqual(counts, {
    ...{ lines: 16, judged: 8, passedOver: 8, wouldBeRefused: 5, wouldBeAllowed: 1, unsure: 1, leftOut: 0 },
  });
  assert.deepEqual((changes as unknown[])[0], {
    ...{ change: 'refused', caller: 'web', service: 'payments', rule: 'default', method: 'GET', path: '/charge', count: 3 },
  });
  const shown = await user.run(['policy', 'replay', '-', '--policy', file], { input: text });
  assert.match(shown.stdout, /^6 would be refused/m);
  assert.ok(!shown.stdout.includes('\u001b'), 'a log commands no terminal');
  assert.match(shown.stdout, /depends on headers +ledger +payments +GET \/reports\/may +reports/);
  assert.equal((await user.run(['policy', 'replay', join(user.folder, 'none.log'), '--policy', file])).code, 1);
  assert.ok((await readFile(log)).length > 0);
});
