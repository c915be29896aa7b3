/** How long a test waits for what must come, unless it says otherwise. Milliseconds; generous, because machines are shared. */
export const DEADLINE_MS = 30_000;

/**
 * Waits until a condition holds, and fails at the deadline.
 *
 * @param what says in the failure what was waited for
 * @returns what the condition gave: the first value that is neither undefined nor false
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what = 'the condition',
  deadline: number = DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() >= end) throw new Error(`waited ${deadline} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The promise, or a failure at the deadline. @param what says in the failure what was waited for */
export async function within<T>(promise: Promise<T>, what = 'the promise', deadline: number = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${deadline} ms for ${what}`));
    }, deadline);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
