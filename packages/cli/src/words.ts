import { ThemisError } from '@themis-mesh/core';

/**
 * The parser looks words up in plain objects, where `constructor` and its like are always found.
 *
 * @throws ThemisError THEMIS_USAGE
 */
export function requirePlainWords(words: readonly string[]): void {
  for (const word of lookedUp(words)) {
    const name = word.replace(/^--?/, '').replace(/=.*$/s, '');
    const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    if (name in {} || camel in {}) throw new ThemisError('THEMIS_USAGE', `there is no \`${word}\``);
  }
}

/** `themis --home PATH status` means `themis status --home PATH`. */
export function withHomeBehind(words: readonly string[]): readonly string[] {
  const count = words[0] === '--home' ? 2 : words[0]?.startsWith('--home=') === true ? 1 : 0;
  const [home, rest] = [words.slice(0, count), words.slice(count)];
  const own = ownWords(rest);
  return [...own, ...home, ...rest.slice(own.length)];
}

/** Those that are not for a program that is to be run. */
export function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end === -1 ? words : words.slice(0, end);
}

/** The first word that shells ask completions with. */
export const COMPLETE = '__complete';

/** Options, and what names a command: the first word, or the first two. */
function lookedUp(words: readonly string[]): readonly string[] {
  const depth = words[0] === 'policy' ? 2 : 1;
  return ownWords(words).filter((word, index) => index < depth || word.startsWith('-'));
}
