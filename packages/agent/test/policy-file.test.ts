import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog, FollowedPolicy, showMistake, type FilePolicy } from '@themis-mesh/agent';
import { PolicyReload } from '../src/up/policy-reload.ts';
import { parseConfig } from '../src/up/parse-config.ts';
import { parsePolicy } from '../src/policy/parse-policy.ts';

async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'themis-policy-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const GOOD = 'default: members\nrules:\n  - {name: stop, action: deny, paths: [/admin/**]}\n';

function mistakesIn(text: string): readonly string[] {
  const parsed = parsePolicy(Buffer.from(text));
  return parsed.ok ? [] : parsed.mistakes.map((mistake) => showMistake('p', mistake));
}

test('a policy in YAML or JSON, and a word for none of its own', () => {
  for (const text of [GOOD, '{"default": "members", "allow": []}', '{}', 'charter', '"charter"'])
    assert.deepEqual(mistakesIn(text), [], text);
  for (const text of ['', '\n', 'null', '[]', 'members', '---\n---\n', '\xff', 'charter: true', '&a {allow: *a}'])
    assert.notDeepEqual(mistakesIn(text), [], text);
});

test('mistakes in a policy are told together, with line and column', () => {
  const text = `default: all
rules:
  - name: one
    action: deny
    path: [/a]
    methods: [GET, post]
  - name: one
    action: allow
    mode: audit
    headers: {x-a: true, Host: [a]}
    labels: {__proto__: a}
`;
  assert.deepEqual(mistakesIn(text), ['p:11:14: a key named __proto__']);
  assert.deepEqual(mistakesIn(text.replace('__proto__', 'team')), [
    'p:1:10: default: one of members, authenticated, deny-all',
    'p:5:5: rules.0.path: no such key',
    'p:6:20: rules.0.methods.1: a method in upper case',
    'p:7:11: rules.1.name: another than that of a rule above',
    'p:10:32: rules.1.headers.Host: named by ^[a-z0-9]+(?:-[a-z0-9]+)*$',
  ]);
});

test('whatever becomes of the file, the policy before stays until there is another', async () => {
  await using folder = await scratch();
  const file = join(folder.path, 'policy.yaml');
  const [policies, failures]: [FilePolicy[], string[]] = [[], []];
  const onFailure = (error: unknown): void => void failures.push(error instanceof Error ? error.message : '');
  const follow = { file, onPolicy: (policy: FilePolicy) => void policies.push(policy), onFailure, everyMs: 3_600_000 };
  await assert.rejects(FollowedPolicy.start(follow), /missing/);
  await writeFile(file, 'rules: 7');
  await assert.rejects(FollowedPolicy.start(follow), /rules/);
  await writeFile(file, GOOD);
  using followed = await FollowedPolicy.start(follow);
  assert.equal(policies.length, 1);
  const harms: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['truncated', () => truncate(file, 30)],
    ['empty', () => truncate(file, 0)],
    ['deleted', () => rm(file)],
    ['a folder', () => mkdir(file)],
    ['no text', async () => rm(file, { recursive: true }).then(() => writeFile(file, Buffer.from([0xff, 0xfe])))],
    ['a pipe', async () => rm(file).then(() => execFileSync('mkfifo', [file]))],
    ['a null', async () => rm(file).then(() => writeFile(file, 'null'))],
    ['not a list', () => writeFile(file, 'rules: 7')],
    ['half a key', () => writeFile(file, GOOD.replace('deny', 'den'))],
  ];
  for (const [index, [harm, act]] of harms.entries()) {
    await act();
    await followed.look();
    await followed.look();
    assert.deepEqual([policies.length, failures.length], [1, index + 1], `${harm}: ${failures.at(-1) ?? ''}`);
  }
  if (process.getuid?.() !== 0) {
    await chmod(file, 0);
    await followed.look();
    assert.equal(policies.length, 1);
    await chmod(file, 0o600);
  }
  await writeFile(file, 'default: members\n');
  await followed.look();
  assert.equal(policies.length, 1, 'the first lines of what is being written are not taken for all of it');
  await writeFile(file, 'charter');
  await followed.look();
  await followed.look();
  assert.deepEqual(policies.slice(1), ['charter']);
});

test('policies of a configuration are put in force while it is edited, and mistakes change nothing', async () => {
  await using folder = await scratch();
  const file = join(folder.path, 'themis.yaml');
  const yaml = (policy: string): string => `services:\n  a: {command: x, port: 80${policy}}\n  b: {command: y, port: 81}\n`;
  await writeFile(file, yaml(''));
  const parsed = parseConfig(Buffer.from(yaml('')), file);
  assert.ok(parsed.ok);
  const changes: unknown[] = [];
  const lines: string[] = [];
  const log = createLog({ format: 'json', level: 'info', write: (line) => void lines.push(line), now: () => new Date(0) });
  using reload = new PolicyReload({
    ...{ config: parsed.config, log, everyMs: 3_600_000 },
    onPolicy: (service, policy) => Promise.resolve(void changes.push([service, policy])),
  });
  const edit = async (text: string): Promise<readonly unknown[]> => {
    await writeFile(file, text);
    await reload.look();
    await reload.look();
    return changes.splice(0);
  };
  assert.deepEqual(await edit(yaml('')), []);
  assert.deepEqual(await edit(yaml(', policy: {allow: [b]}')), [['a', { default: 'deny-all', allow: ['b'] }]]);
  assert.deepEqual(await edit(yaml(', policy: {allow: [B]}')), []);
  assert.deepEqual(await edit(''), []);
  assert.deepEqual(await edit(yaml(', policy: {allow: [b]} ')), []);
  assert.deepEqual(await edit(yaml('')), [['a', 'charter']]);
  await rm(file);
  await reload.look();
  assert.deepEqual(changes, []);
  assert.equal(lines.filter((line) => line.includes('"error"')).length, 3);
});
