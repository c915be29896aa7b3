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
 * hands every orphan to process 1, and Node waits only for children that it started itself.
 *
 * Anywhere else it does nothing.
 */
export function becomeInitIfFirst(pid: number, replace: (file: string, args: string[]) => void): void {
  if (pid !== 1) return;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  replace('/bin/sh', ['sh', '-c', SCRIPT, 'themis-init', ...command]);
}
