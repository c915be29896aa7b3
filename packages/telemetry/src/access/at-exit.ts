const RUNS = new Set<() => void>();

function runAll(): void {
  for (const run of RUNS) {
    try {
      run();
    } catch {
      // The process ends: there is nobody to tell.
    }
  }
}

/** Runs something when the process ends, without waiting for anything. @returns a function that calls it off */
export function atExit(run: () => void): () => void {
  if (RUNS.size === 0) process.on('exit', runAll);
  RUNS.add(run);
  return () => {
    RUNS.delete(run);
    if (RUNS.size === 0) process.off('exit', runAll);
  };
}
