import type { EventEmitter } from 'node:events';

/** The process that a command runs in, for commands that run programs. */
export interface Host {
  readonly pid: number;
  /** How this command line is run: Node, its options, and the script. */
  readonly themis: readonly string[];
  /** What it was asked to do. */
  readonly words: readonly string[];
  /** Emits the signals that are sent to it by their names, and SIGTERM when the process that started it is gone. */
  readonly signals: EventEmitter;
  /** Whether a terminal's Ctrl-C comes to what it starts as well. */
  readonly isOnTerminal: boolean;
  /** Puts another program in its place; throws where that cannot be. */
  readonly replace: (file: string, args: string[]) => void;
  /** Tells something to the process that started it, where that listens. */
  readonly report: (message: object) => void;
}

export function hostOf(process: NodeJS.Process): Host {
  // Only a process that was started to be listened to has this event; waiting for it keeps nobody alive.
  process.once('disconnect', () => process.emit('SIGTERM'));
  process.channel?.unref();
  return {
    pid: process.pid,
    themis: [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)],
    words: process.argv.slice(2),
    signals: process,
    isOnTerminal: process.stdin.isTTY,
    replace: (file, args) => {
      if (process.execve === undefined) throw new TypeError('this system has no execve');
      process.execve(file, args, process.env);
    },
    report: (message) => {
      process.send?.(message);
    },
  };
}
