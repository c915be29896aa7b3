import { DISPLAY } from './app.ts';
import { EVERY_COMMAND } from './commands/index.ts';
import type { CliCommand } from './cli-command.ts';
import { Problems } from './problems.ts';

/** What `--help` says of each command, by its words behind `themis`. */
export function helpTexts(): ReadonlyMap<string, string> {
  return new Map([...EVERY_COMMAND].map(([words, command]) => [words, helpText(words, command)]));
}

function helpText(words: string, { command }: CliCommand): string {
  const { text } = new Problems();
  const help = { name: 'help', brief: text.briefs.help, aliases: ['h'] } as const;
  const form = { config: DISPLAY, includeArgumentEscapeSequenceFlag: true, includeHidden: false, ansiColor: false };
  return command.formatHelp({ ...form, prefix: ['themis', ...words.split(' ')], text, additionalFlags: [help] }).trimEnd();
}
