import { accessLogPage } from './access-log-page.ts';
import { cliPage } from './cli-page.ts';
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';

/** The generated pages of `docs/reference`, by their names. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['access-log.md', accessLogPage()],
    ['cli.md', cliPage()],
    ['errors.md', errorsPage()],
    ['metrics.md', metricsPage()],
  ]);
}
