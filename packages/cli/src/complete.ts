import { proposeCompletions, text_en } from '@stricli/core';
import { buildCli } from './app.ts';
import type { CliContext } from './context.ts';

/** Prints what may follow the words, one a line. @param words the last one is the one being typed */
export async function complete(words: readonly string[], context: CliContext): Promise<void> {
  const proposals = await proposeCompletions(buildCli(text_en), words, context);
  context.out.lines(proposals.map(({ completion }) => completion));
}
