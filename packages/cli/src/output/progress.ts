import type { CliContext } from '../context.ts';

/** After how long it is said what takes time. */
const PATIENCE_MS = 1000;

/** Where the cursor goes back to, on a line that is cleared. */
const CLEAR_LINE = '\r\u001b[K';

/** Says on a terminal what is waited for, where it takes longer than a second; the line goes when the work is done. */
export async function withProgress<T>({ err, clock }: CliContext, what: string, work: () => Promise<T>): Promise<T> {
  if (!err.isTerminal) return work();
  const begun = clock.now();
  let isShown = false;
  let callOff = clock.after(PATIENCE_MS, show);
  function show(): void {
    isShown = true;
    err.stream.write(`${CLEAR_LINE}${err.paint.dim(`${what} … ${Math.round((clock.now() - begun) / 1000)} s`)}`);
    callOff = clock.after(PATIENCE_MS, show);
  }
  try {
    return await work();
  } finally {
    callOff();
    if (isShown) err.stream.write(CLEAR_LINE);
  }
}
