import { ERRORS, REFUSAL_TABLES, type ErrorEntry, type RefusalTopic } from '@themis-mesh/core';
import { markdownTable, page } from './markdown.ts';

const TITLES: Readonly<Record<RefusalTopic, string>> = {
  statement: 'Statements',
  identity: 'Key histories',
  certificate: 'Certificates',
  app: 'Apps and memberships',
  policy: 'Policies',
  trust: 'Connections',
  record: 'Directory records',
  node: 'Nodes of the directory',
  door: 'Doors and invites',
};

/** `docs/reference/errors.md` */
export function errorsPage(): string {
  const errors = Object.entries<ErrorEntry>(ERRORS).map(([code, { summary, remedy, retryable }]) => [
    `\`${code}\``,
    `${summary}.`,
    remedy,
    retryable ? 'yes' : 'no',
  ]);
  return page('Errors and refusals', [
    'An **error** is what goes wrong for who uses Themis: `ThemisError` with a `code`, and what the command line prints.',
    'Where one is caused by a **refusal**, the reason why a statement, a certificate, a peer or a request is not believed or',
    'not let in, it carries the refusal with its own code, which is also the log field and the label of the metric. Codes',
    'keep their meaning.',
    '',
    '## Errors',
    '',
    'Retry: whether the same call may succeed later with nothing changed.',
    '',
    ...markdownTable(['code', 'what is wrong', 'what to do', 'retry'], errors),
    ...Object.entries(TITLES).flatMap(([topic, title]) => refusals(topic as RefusalTopic, title)),
  ]);
}

function refusals(topic: RefusalTopic, title: string): readonly string[] {
  const rows = Object.entries(REFUSAL_TABLES[topic]).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return ['', `## Refusals: ${title}`, '', ...markdownTable(['code', 'meaning'], rows)];
}
