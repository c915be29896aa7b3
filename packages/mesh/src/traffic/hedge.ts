/** One of two runs of the same thing. */
export interface Runner<T> {
  readonly run: Promise<T>;
  /** Ends it, because the other one was faster. */
  readonly end: () => void;
}

export interface Finish<T> {
  readonly isGood: (value: T) => boolean;
  /** Lets go of what the slower one gave all the same. */
  readonly discard: (value: T) => void;
}

/** Whether something is still under way after a time. */
export async function outlasts(run: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, true);
  });
  const settled = run.then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([slow, settled]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whichever of two gives something good first; the other one is ended.
 *
 * @returns what the last one gave, where neither is good
 * @throws what the last one failed with, where neither is good
 */
export function fastest<T>(first: Runner<T>, second: Runner<T>, { isGood, discard }: Finish<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let stage: 'both' | 'one' | 'won' = 'both';
  const follow = ({ run }: Runner<T>, other: Runner<T>): void => {
    run.then(
      (value) => {
        if (stage === 'won') {
          discard(value);
          return;
        }
        if (!isGood(value) && stage === 'both') {
          stage = 'one';
          return;
        }
        stage = 'won';
        resolve(value);
        other.end();
      },
      (error: unknown) => {
        if (stage === 'one') reject(error);
        else if (stage === 'both') stage = 'one';
      },
    );
  };
  follow(first, second);
  follow(second, first);
  return promise;
}
