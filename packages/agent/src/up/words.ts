/** What means something to a shell, and would mean nothing here. */
const SHELL = /[|&;<>()$`*?#~!{}[\]\n\r\0]/;

/**
 * Splits a command into words as a shell does, with its quotes and backslashes; nothing in it is a variable, a pattern or an
 * operator.
 *
 * @returns the words, or why it cannot be split
 */
export function splitWords(text: string): readonly string[] | { readonly problem: string } {
  const words: string[] = [];
  let word: string | undefined;
  for (let rest = text; rest !== '';) {
    const match = /^(?:(\s+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+))/.exec(rest);
    if (match === null) return { problem: 'a quote or a backslash without its end' };
    const [whole, space, single, double, escaped, plain] = match;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      const sign = SHELL.exec(plain?.replaceAll('{port}', '') ?? '') ?? /[$`]/.exec(double?.replaceAll(/\\[^]/g, '') ?? '');
      if (sign !== null) return { problem: `"${sign[0]}" is for a shell: quote it, or write [sh, -c, "…"]` };
      word = (word ?? '') + (single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
    }
    rest = rest.slice(whole.length);
  }
  if (word !== undefined) words.push(word);
  return words.length === 0 || words[0] === '' ? { problem: 'no program' } : words;
}
