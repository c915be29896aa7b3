import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';
import { runService } from './running.ts';
import { THEMIS, User } from './themis.ts';

const run = promisify(execFile);
const ESCAPE = '\u001b';
const skip = hasScript() ? false : 'there is no script(1) that makes a terminal';

test('colours are for terminals, and NO_COLOR and dumb ones get none', { skip }, async (t) => {
  const user = await User.withServices(t, 'orders');
  assert.ok((await onTerminal(user, ['status'])).includes(ESCAPE));
  assert.ok(!(await onTerminal(user, ['status'], { NO_COLOR: '1' })).includes(ESCAPE));
  assert.ok(!(await onTerminal(user, ['status'], { TERM: 'dumb' })).includes(ESCAPE));
  assert.ok(!(await user.must('status')).includes(ESCAPE));
  assert.ok(!(await user.runProcess(['status'], { env: { FORCE_COLOR: '3' } })).stdout.includes(ESCAPE));
});

test('help and errors have colours on a terminal too', { skip }, async (t) => {
  const user = await User.make(t);
  assert.ok((await onTerminal(user, ['add', '--help'])).includes(ESCAPE));
  assert.ok((await onTerminal(user, ['status'])).includes(ESCAPE));
  assert.ok(!(await onTerminal(user, ['add', '--help'], { NO_COLOR: '1' })).includes(ESCAPE));
});

test('on a terminal the next step is named', { skip }, async (t) => {
  const user = await User.make(t);
  assert.match(await onTerminal(user, ['init'], { NO_COLOR: '1' }), /Next: themis add NAME/);
});

test('what a peer sends cannot command the terminal', { skip }, async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  const hostile = `a${ESCAPE}]0;title\u0007b${ESCAPE}[2Jc\u202ed\u009be\n`;
  await runService(t, user, 'echo', (_, response) => response.end(hostile));
  const shown = await onTerminal(user, ['call', 'echo', '/', '--as', 'orders'], { NO_COLOR: '1' });
  assert.equal(shown, 'a\\u001b]0;title\\u0007b\\u001b[2Jc\\u202ed\\u009be\r\n');
});

test('what takes longer than a second says what it waits for, on a terminal', { skip }, async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  let asked = 0;
  await runService(t, user, 'echo', (_, response) => {
    asked += 1;
    setTimeout(() => response.end('done'), 1600);
  });
  const shown = await onTerminal(user, ['call', 'echo', '/', '--as', 'orders']);
  assert.match(shown, /Calling echo … 1 s/);
  assert.ok(shown.endsWith(`\r${ESCAPE}[Kdone`), JSON.stringify(shown));
  const plain = await user.runProcess(['call', 'echo', '/', '--as', 'orders']);
  assert.deepEqual([plain.stdout, plain.stderr, asked], ['done', '', 2]);
});

test('a reader that closes its end early is no error to tell of', { skip: process.platform === 'win32' }, async (t) => {
  const user = await User.withServices(t, 'orders');
  const command = `${THEMIS.map(quoted).join(' ')} status | head -c 1; echo " \${PIPESTATUS[0]}"`;
  const { stderr } = await run('bash', ['-c', command], { cwd: user.folder, env: user.environment() });
  assert.equal(stderr, '');
});

/** What a command prints on a terminal: output and errors together. */
async function onTerminal(user: User, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const command = [...THEMIS, ...words].map(quoted).join(' ');
  const { stdout } = await run('script', ['-qec', `${command} || true`, '/dev/null'], {
    cwd: user.folder,
    env: user.environment(env),
  });
  return stdout;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['-qec', 'test -t 1 && echo yes', '/dev/null'], { stdio: 'pipe' }).includes('yes');
  } catch {
    return false;
  }
}
