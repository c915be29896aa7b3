import assert from 'node:assert/strict';
import test from 'node:test';
import { EVERY_COMMAND, helpTexts, type CliCommand } from '../src/index.ts';

/** What a listing of every option would only repeat. */
const EVERYWHERE: ReadonlySet<string> = new Set(['home', 'json']);

test('every command teaches: what it does, an example that begins with itself, and each of its options in its usage', () => {
  const texts = helpTexts();
  assert.deepEqual([...texts.keys()], [...EVERY_COMMAND.keys()]);
  for (const [words, text] of texts) {
    assert.ok(text.includes(`\n  themis ${words}`), `${words}: no example\n${text}`);
    assert.match(text, /\nExamples?:\n/, words);
    assert.ok(
      text.split('\n').every((line) => line.length <= 125),
      `${words}: a line that is too long`,
    );
    const usage = text.slice(0, text.indexOf('\n\n'));
    const { flags = {}, aliases = {} } = commandOf(words).command.parameters;
    for (const flag of Object.keys(flags).filter((name) => !EVERYWHERE.has(name))) {
      const alias = Object.entries(aliases).find(([, name]) => name === flag)?.[0];
      const typed = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const isShown = usage.includes(`--${typed}`) || (alias !== undefined && usage.includes(`-${alias}`));
      assert.ok(isShown, `${words}: --${typed} is not in its usage`);
    }
  }
});

function commandOf(words: string): CliCommand {
  const command = EVERY_COMMAND.get(words);
  assert.ok(command !== undefined, words);
  return command;
}
