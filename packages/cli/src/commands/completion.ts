import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { Shell } from '../actions/completion.ts';
import type { CliContext } from '../context.ts';

export const completion: CliCommand = {
  command: buildCommand<Record<never, never>, [Shell], CliContext>({
    loader: async () => (await import('../actions/completion.ts')).completion,
    parameters: {
      positional: { kind: 'tuple', parameters: [{ brief: 'bash, zsh or fish', placeholder: 'SHELL', parse: parseShell }] },
    },
    docs: {
      brief: 'Print what a shell needs to complete commands',
      customUsage: ['bash|zsh|fish'],
      fullDescription: lesson({
        what: 'Prints a few lines for the start-up file of a shell, so that it completes the commands and options of themis.',
        examples: [
          'themis completion bash >> ~/.bashrc',
          'themis completion zsh >> ~/.zshrc',
          'themis completion fish > ~/.config/fish/completions/themis.fish',
        ],
      }),
    },
  }),
};

function parseShell(text: string): Shell {
  if (text === 'bash' || text === 'zsh' || text === 'fish') return text;
  throw new SyntaxError('bash, zsh or fish');
}
