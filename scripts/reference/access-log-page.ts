import { ACCESS_FIELDS, MOST_WAITING } from '@themis-mesh/telemetry';
import { markdownTable, page } from './markdown.ts';

const INTRODUCTION = `
One line of JSON for each request, when its answer has ended; for each raw connection, when it is closed; and for connections that
were turned away, at most 1,000 in 10 seconds. With \`join({ accessLog: 'FILE' })\`, \`themis run --access-log FILE\`, or the key
\`accessLog\` of a \`themis.yaml\`; \`-\` is the standard output.

- No value of a header is in it, but for \`x-request-id\` and \`traceparent\` where they are plain identifiers; no body, no
  credential, no text of an error. Paths are without their queries unless that is asked for (\`join({ accessLog: { to, query:
  true } })\`, \`--access-log-query\`), and never with a user and password.
- Control and formatting characters are escaped (\`\\u001b\`), so that a line is a line. Texts are cut after 256 signs, paths after
  1,024.
- A new file is readable by its user alone. Links are not followed. Where it was moved away, the next lines begin a new one; at
  once on SIGHUP (\`themis run\`, which passes it on to the program too) and \`mesh.reopenAccessLog()\`. Several processes may
  append to one file: each write is of whole lines.
- Lines are gathered for 100 ms. Where they cannot be written as fast, or at all, ${MOST_WAITING / 1_048_576} Mi signs wait; what comes beyond is
  lost, and the next line says how much, as does \`themis_access_log_dropped_lines_total\`. No request waits for its line.

Fields may be added; those listed keep their meaning.
`.trim();

/** `docs/reference/access-log.md` */
export function accessLogPage(): string {
  const rows = Object.entries(ACCESS_FIELDS).map(([name, { type, meaning, absent }]) => [
    `\`${name}\``,
    type,
    absent === undefined ? meaning : `${meaning}; absent ${absent}`,
  ]);
  return page('The access log', [INTRODUCTION, '', ...markdownTable(['field', 'type', 'meaning'], rows)]);
}
