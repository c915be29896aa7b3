import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  InvalidNegatedFlagSyntaxError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from '@stricli/core';
import { ThemisError } from '@themis-mesh/core';

/** What the parser of the command line did not understand, in our words. */
export function tellMisunderstanding(error: unknown): string {
  if (error instanceof FlagNotFoundError)
    return `there is no option --${error.input}${advice(error.corrections.map((name) => `--${name}`))}`;
  if (error instanceof AliasNotFoundError) return `there is no option -${error.input}`;
  if (error instanceof ArgumentParseError)
    return `${error.externalFlagNameOrPlaceholder} cannot be \`${error.input}\`: ${reasonOf(error.exception)}`;
  if (error instanceof EnumValidationError)
    return `--${error.externalFlagName} cannot be \`${error.input}\`: one of ${error.values.join(', ')}`;
  if (error instanceof UnsatisfiedFlagError) return `--${error.externalFlagName} needs a value`;
  if (error instanceof UnexpectedFlagError) return `--${error.externalFlagName} is given twice`;
  if (error instanceof InvalidNegatedFlagSyntaxError) return `--${error.externalFlagName} takes no value`;
  if (error instanceof UnsatisfiedPositionalError) return `${error.placeholder} is missing`;
  if (error instanceof UnexpectedPositionalError) return `\`${error.input}\` is one word too many`;
  return reasonOf(error);
}

/** @param corrections what the parser thinks was meant */
export function advice(corrections: readonly string[]): string {
  return corrections.length === 0 ? '' : `; did you mean ${corrections.join(' or ')}?`;
}

function reasonOf(error: unknown): string {
  if (ThemisError.is(error)) return error.remedy;
  return error instanceof Error ? error.message : String(error);
}
