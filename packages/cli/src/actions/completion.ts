import type { CliContext } from '../context.ts';
import { COMPLETE } from '../words.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_themis() {
  local IFS=$'\\n'
  COMPREPLY=($(themis ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _themis themis`,
  zsh: `_themis() {
  local -a proposals
  proposals=("\${(@f)$(themis ${COMPLETE} "\${words[@]:1:CURRENT-1}" 2>/dev/null)}")
  compadd -- $proposals || _files
}
compdef _themis themis`,
  fish: `complete -c themis -a '(themis ${COMPLETE} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

export function completion(this: CliContext, _flags: Record<never, never>, shell: Shell): void {
  this.out.lines([SCRIPTS[shell]]);
}
