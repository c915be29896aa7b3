export type { CliCommand, Field } from './cli-command.ts';
export { EVERY_COMMAND } from './commands/index.ts';
export { FINDINGS, type FindingCode } from './doctor/finding.ts';
export { helpTexts } from './help-texts.ts';
