/** What a node is asked. */
export type Question = 'find' | 'instances' | 'store' | 'watch';

const PREFIX = '/themis/directory/1/';

/** Where each question is put (docs/reference/directory-http.md). */
export const PATHS: Readonly<Record<Question, string>> = {
  find: `${PREFIX}find`,
  instances: `${PREFIX}instances`,
  store: `${PREFIX}store`,
  watch: `${PREFIX}watch`,
};

/** @returns undefined for a path at which nothing is asked */
export function questionAt(path: string): Question | undefined {
  const question = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
  return question === 'find' || question === 'instances' || question === 'store' || question === 'watch' ? question : undefined;
}
