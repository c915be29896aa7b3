import {
  buildApplication,
  buildRouteMap,
  help,
  version,
  type Application,
  type ApplicationText,
  type Command,
  type DocumentationConfiguration,
  type RouteMap,
} from '@stricli/core';
import type { CliCommand } from './cli-command.ts';
import { COMMANDS, GROUPS } from './commands/index.ts';
import type { CliContext } from './context.ts';
import { packageVersion } from './version.ts';

/** How the help shows what there is. */
export const DISPLAY: Pick<DocumentationConfiguration, 'useAliasInUsageLine' | 'onlyRequiredInUsageLine' | 'caseStyle'> = {
  useAliasInUsageLine: false,
  onlyRequiredInUsageLine: true,
  caseStyle: 'convert-camel-to-kebab',
};

/** How unlike a word may be to what is proposed in its place. */
const TYPING_MISTAKES = { threshold: 3, weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 } };

const WHAT = `Services that know each other: mutual TLS between them, certificates that renew themselves, no central authority.

Begin:
  themis init --name shop --recovery ~/shop-recovery.json
  themis add orders
  themis add payments
  themis run payments --port 8080 -- python3 -m http.server 8080 --bind 127.0.0.1 --directory public
  themis call payments / --as orders

Look:
  themis status      what is here, and until when it is good
  themis doctor      what is wrong, and what to do about it

Each command explains itself: themis COMMAND --help.`;

/** The command line as a whole. @param text what it says where it does not know what to do */
export function buildCli(text: ApplicationText): Application<CliContext> {
  return buildApplication<CliContext>(
    routes(),
    {
      name: 'themis',
      scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true, distanceOptions: TYPING_MISTAKES },
      documentation: DISPLAY,
      localization: { text },
    },
    {
      help: help({ brief: text.briefs.help, defaultForRouteMap: true, formatting: DISPLAY }),
      version: version({ brief: text.briefs.version, info: { currentVersion: packageVersion() } }),
    },
  );
}

function routes(): RouteMap<CliContext> {
  const groups = Object.entries(GROUPS).map(
    ([name, { brief, commands }]) => [name, buildRouteMap({ routes: commandsOf(commands), docs: { brief } })] as const,
  );
  return buildRouteMap({
    routes: { ...commandsOf(COMMANDS), ...Object.fromEntries(groups) },
    docs: { brief: 'A service mesh without a central authority', fullDescription: WHAT },
  });
}

function commandsOf(table: Readonly<Record<string, CliCommand>>): Record<string, Command<CliContext>> {
  return Object.fromEntries(Object.entries(table).map(([name, { command }]) => [name, command]));
}
