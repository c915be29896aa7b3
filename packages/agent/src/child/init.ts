import { existsSync } from 'node:fs';

/** Signals that are passed on to the program. */
const PASSED = ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'WINCH'] as const;

/**
 * Begins with its command as a child, passes signals on, reaps whatever is orphaned, and ends with the child's status.
 *
 * - The command's standard input is passed by descriptor 3, because a shell gives /dev/null to what runs in the background.
 * - `wait` also ends when a signal was handled; `kill -0` then finds the child, alive or not yet waited for.
 * - While it waits, a shell reaps every process that the kernel hands to process 1.
 */
const SCRIPT = `exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
${PASSED.map((name) => `trap 'kill -${name} "$child" 2>/dev/null' ${name}`).join('\n')}
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || exit "$status"
done`;

/**
 * As process 1 of a container, replaces this process by a small init that runs the same command as its child: the kernel
 * hands every orphan to process 1, and Node waits only for children that it started itself. A system without a shell has to
 * do without.
 *
 * Anywhere else it does nothing.
 *
 * @param command how this process was started: Node, its options, the script and its arguments
 * @param replace puts another program in this process's place, and does not return
 */
export function becomeInitIfFirst(
  pid: number,
  command: readonly string[],
  replace: (file: string, args: string[]) => void,
): void {
  // In older releases a program that cannot be run ends the process: it is looked for before.
  if (pid !== 1 || !existsSync(SHELL)) return;
  replace(SHELL, ['sh', '-c', SCRIPT, 'themis-init', ...command]);
}

const SHELL = '/bin/sh';
