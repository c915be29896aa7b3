import assert from 'node:assert/strict';
import test from 'node:test';
import { errorCode, User } from './themis.ts';

test('what cannot be understood says so in one form, ends with 2 and prints nothing else', async (t) => {
  const user = await User.make(t);
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/there is no command `ad`; did you mean `add`\?/, 'ad'],
    [/NAME is missing/, 'add'],
    [/there is no option --lables; did you mean --labels\?/, 'add', 'orders', '--lables', 'a=b'],
    [/there is no option -z/, 'add', 'orders', '-z'],
    [/--home needs a value/, 'add', 'orders', '--home'],
    [/--home is given twice/, 'add', 'orders', '--home', 'a', '--home', 'b'],
    [/labels cannot be `team`: write it as name=value/, 'add', 'orders', '--labels', 'team'],
    [/`payments` is one word too many/, 'remove', 'orders', 'payments'],
    [
      /--default cannot be `everybody`: one of members, authenticated, deny-all/,
      'policy',
      'set',
      'orders',
      '--default',
      'everybody',
    ],
    [/either --none, or --file, or --default and --allow/, 'policy', 'set', 'orders', '--none', '--allow', 'a'],
    [/say who may/, 'policy', 'set', 'orders'],
    [/NAME is missing, or --accept FILE/, 'join'],
    [/timeout cannot be `0`/, 'call', 'orders', '/', '--timeout', '0'],
    [/SHELL cannot be `tcsh`/, 'completion', 'tcsh'],
  ];
  for (const [wanted, ...words] of cases) {
    const { code, stdout, stderr } = await user.run(words);
    assert.match(stderr, /^error THEMIS_USAGE\n {2}The command cannot be understood: /, words.join(' '));
    assert.match(stderr, wanted);
    assert.match(stderr, /\n {2}do {6}\S/);
    assert.deepEqual([code, stdout], [2, ''], words.join(' '));
  }
  const { code, stdout, stderr } = await user.runProcess(['ad']);
  assert.deepEqual([code, stdout], [2, ''], stderr);
});

test('a name that is none has an error of its own, and ends with 2', async (t) => {
  const user = await User.make(t);
  for (const name of ['Orders', '../x', 'a b', '-x-'.slice(1), 'x'.repeat(41), '']) {
    const outcome = await user.run(['add', name, '--json']);
    assert.deepEqual([outcome.code, errorCode(outcome)], [2, 'THEMIS_NAME_INVALID'], name);
  }
});

test('names that every object has are no commands and no options', async (t) => {
  const user = await User.make(t);
  const lines = ['constructor', '__proto__', 'toString x', 'policy valueOf', 'add x --constructor', 'status --to-string=1'];
  for (const line of lines) {
    const outcome = await user.run(line.split(' '));
    assert.equal(outcome.code, 2, line);
    assert.match(outcome.stderr, /^error THEMIS_USAGE\n/);
  }
});

test('a service may be called as it likes', async (t) => {
  const user = await User.withServices(t, 'constructor');
  assert.match(await user.must('status'), /constructor/);
});

test('with --json an error is one JSON object on the error stream', async (t) => {
  const user = await User.make(t);
  const outcome = await user.runProcess(['status', '--json']);
  assert.equal(outcome.code, 1);
  assert.equal(outcome.stdout, '');
  const { error } = JSON.parse(outcome.stderr) as { readonly error: Readonly<Record<string, unknown>> };
  assert.deepEqual(Object.keys(error), ['code', 'message', 'remedy', 'retryable']);
  assert.equal(error['code'], 'THEMIS_HOME_MISSING');
  assert.equal(errorCode(await user.run(['find', '--json'])), 'THEMIS_USAGE');
});

test('the home may be named in front, behind, by the environment, or not at all', async (t) => {
  const user = await User.make(t);
  const elsewhere = `${user.folder}/elsewhere`;
  await user.must('--home', elsewhere, 'init');
  await user.must(`--home=${elsewhere}`, 'add', 'orders');
  assert.match(await user.must('status', '--home', elsewhere), /orders/);
  assert.match((await user.runProcess(['status'], { env: { THEMIS_HOME: elsewhere } })).stdout, /orders/);
  const { stderr } = await user.runProcess(['status'], { env: { THEMIS_HOME: undefined } });
  assert.ok(stderr.includes(`${user.folder}/.themis`), stderr);
});

test('without words it explains itself, and every command does', async (t) => {
  const user = await User.make(t);
  const all = await user.must();
  assert.match(all, /Begin:\n {2}themis init/);
  assert.equal(await user.must('--help'), all);
  assert.match(await user.must('add', '--help'), /Examples:\n {2}themis add orders\n/);
  assert.match(await user.must('policy'), /set +Say who may call a service/);
  assert.equal(await user.must('--version'), `${((await user.json('version')) as { readonly themis: string }).themis}\n`);
});

test('an error shows the place in the code where that is asked for, and only there', async (t) => {
  const user = await User.make(t);
  assert.doesNotMatch((await user.run(['status'])).stderr, /\.ts:/);
  assert.match((await user.run(['status'], { env: { THEMIS_DEBUG: '1' } })).stderr, /home\.ts:/);
});

test('shells are told what may follow', async (t) => {
  const user = await User.make(t);
  assert.equal(await user.must('__complete', 'stat'), 'status\n');
  assert.equal(await user.must('__complete', 'policy', 's'), 'show\nset\n');
  assert.match(await user.must('__complete', 'add', '--l'), /--labels/);
  for (const shell of ['bash', 'zsh', 'fish']) assert.match(await user.must('completion', shell), /__complete/);
});
