/** What went wrong, and in which step: said to people, with no trace of the code. */
export class StepError extends Error {
  override readonly name = 'StepError';

  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Does one step of a run.
 *
 * @throws the signal's reason where the run was ended from outside; else StepError with the name of the step
 */
export async function step<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw new StepError(name, error);
  }
}
