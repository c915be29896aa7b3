/** What one throws must not keep others from hearing. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwLater(error);
  }
}

/** A defect of the program: it is shown, not hidden. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
