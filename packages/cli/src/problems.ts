import { ArgumentParseError, text_en, type ApplicationText } from '@stricli/core';
import { ThemisError } from '@themis-mesh/core';
import { advice, tellMisunderstanding } from './misunderstanding.ts';

/** What went wrong, and whether it was the words that could not be understood. */
export interface Problem {
  readonly error: unknown;
  readonly isMisunderstanding: boolean;
}

/** What went wrong while words were read and a command ran, in the place of printing it. */
export class Problems {
  readonly found: Problem[] = [];

  /** For the parser of the command line. What it would print is kept here instead. */
  readonly text: ApplicationText = {
    ...text_en,
    briefs: {
      ...text_en.briefs,
      help: 'Explain it',
      version: 'Print the version',
      argumentEscapeSequence: 'What follows is taken as it is',
    },
    noCommandRegisteredForInput: ({ input, corrections }) =>
      this.#misunderstood(`there is no command \`${input}\`${advice(corrections)}`),
    exceptionWhileParsingArguments: (error) => this.#misunderstood(tellMisunderstanding(error), nameErrorOf(error)),
    exceptionWhileLoadingCommandFunction: (error) => this.failed(error),
    exceptionWhileLoadingCommandContext: (error) => this.failed(error),
    exceptionWhileRunningCommand: (error) => this.failed(error),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => this.failed(exception),
    exceptionWhileRunningIntegrationHook: ({ exception }) => this.failed(exception),
    commandErrorResult: (error) => this.failed(error),
  };

  /** @returns what is printed: nothing */
  failed(error: unknown): string {
    this.found.push({ error, isMisunderstanding: ThemisError.is(error, 'THEMIS_USAGE') });
    return '';
  }

  #misunderstood(what: string, known?: ThemisError): string {
    const error = known ?? new ThemisError('THEMIS_USAGE', what);
    this.found.push({ error, isMisunderstanding: true });
    return '';
  }
}

/** A value that has an error of its own says best what is wrong with it. */
function nameErrorOf(error: unknown): ThemisError | undefined {
  return error instanceof ArgumentParseError && ThemisError.is(error.exception) ? error.exception : undefined;
}
