import { cliPage } from './cli-page.ts';
import { errorsPage } from './errors-page.ts';

/** The generated pages of `docs/reference`, by their names. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['cli.md', cliPage()],
    ['errors.md', errorsPage()],
  ]);
}
