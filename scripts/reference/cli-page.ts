import { EVERY_COMMAND, FINDINGS, helpTexts, type CliCommand, type Field } from '@themis-mesh/cli';
import { markdownTable, page } from './markdown.ts';

const INTRODUCTION = `
Keys and state lie in one folder, the *home*: \`--home PATH\`, else the one that \`THEMIS_HOME\` names, else \`.themis\` in the
working directory. Nobody but its user may enter it.

| environment | effect |
| --- | --- |
| \`THEMIS_HOME\` | the home, where \`--home\` does not name one |
| \`THEMIS_PASSPHRASE_FILE\` | a file with the passphrase that seals the keys; nobody but its user may read it |
| \`THEMIS_DEBUG\` | with any value, errors show the place in the code too |
| \`NO_COLOR\` | with any value, no colours; there are none anyway where the output is not a terminal |

| exit code | meaning |
| --- | --- |
| 0 | good |
| 1 | failed: the error says why and what to do |
| 2 | not understood: the words are wrong |

\`run\` and \`up\` end as the programs do that they run.

What was asked for goes to the output; errors, notes and progress go to the error stream. With \`--json\` the output is one JSON
object, and so is an error, on the error stream: \`error.code\`, \`error.message\`, \`error.remedy\`, \`error.retryable\`, and
\`error.refusal\` with \`code\`, \`detail\` and \`meaning\` where something was not believed. Codes are in [errors.md](errors.md).
Times are ISO 8601 in UTC. Fields may be added; those listed keep their meaning.

Text from peers and files is printed with control and formatting characters as escapes (\`\\u001b\`).
`.trim();

/** `docs/reference/cli.md` */
export function cliPage(): string {
  const texts = helpTexts();
  return page('The command line', [
    INTRODUCTION,
    ...[...EVERY_COMMAND].flatMap(([words, command]) => section(words, command, texts.get(words) ?? '')),
    '',
    '## Findings of `themis doctor`',
    '',
    'Besides these it reports errors under their own codes.',
    '',
    ...markdownTable(
      ['code', 'level', 'what is wrong', 'what to do'],
      Object.entries(FINDINGS).map(([code, { level, summary, remedy }]) => [`\`${code}\``, level, `${summary}.`, remedy]),
    ),
  ]);
}

function section(words: string, { fields }: CliCommand, help: string): readonly string[] {
  const text = ['', `## \`themis ${words}\``, '', '```text', help, '```'];
  return fields === undefined ? text : [...text, '', ...fieldTable(words, fields)];
}

function fieldTable(words: string, fields: readonly Field[]): readonly string[] {
  const rows = fields.map(({ path, type, meaning, absent }) => [
    `\`${path}\``,
    type,
    absent === undefined ? meaning : `${meaning}; absent ${absent}`,
  ]);
  return [`What \`themis ${words}\` prints as JSON:`, '', ...markdownTable(['field', 'type', 'meaning'], rows)];
}
