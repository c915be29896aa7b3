/** Signals that ask to stop. */
const STOP = ['SIGTERM', 'SIGINT'] as const;

/** Signals that mean something to the program and nothing to its sidecar. */
const PASSED = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

export type StopSignal = (typeof STOP)[number];
export type PassedSignal = (typeof PASSED)[number];

export interface SignalHandlers {
  readonly onStop: (signal: StopSignal) => void;
  readonly onPassed: (signal: PassedSignal) => void;
}

/** Hears the signals sent to this process. @returns a function that ends that */
export function hearSignals(source: NodeJS.EventEmitter, { onStop, onPassed }: SignalHandlers): () => void {
  const listeners = [
    ...STOP.map((name) => [name, (): void => onStop(name)] as const),
    ...PASSED.map((name) => [name, (): void => onPassed(name)] as const),
  ];
  for (const [name, listener] of listeners) source.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) source.off(name, listener);
  };
}
