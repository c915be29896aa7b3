/** One kind of traffic. */
export interface Lane {
  /** Who calls whom. */
  readonly name: string;
  /** By which way. */
  readonly about: string;
  readonly perSecond: number;
  /** Makes one request under an ID that no other has, and checks what comes back. @throws whatever is wrong with it */
  readonly run: (id: string) => Promise<void>;
}

/** What became of the requests of a lane, so far. */
export class Tally {
  readonly lane: Lane;
  /** Milliseconds, one for each request that was answered rightly. */
  readonly latencies: number[] = [];
  /** What went wrong, one for each of the others. */
  readonly failures: string[] = [];

  constructor(lane: Lane) {
    this.lane = lane;
  }

  get requests(): number {
    return this.latencies.length + this.failures.length;
  }
}

/** How many requests of a lane are under way at the most: what is beyond the machine is not asked of it. */
const MOST_UNDER_WAY = 4;

/** Starts requests at a steady rate until the signal, and waits for those under way. Nothing is tried twice. */
export async function runLane(tally: Tally, signal: AbortSignal): Promise<void> {
  const { lane } = tally;
  const underWay = new Set<Promise<void>>();
  let next = performance.now();
  for (let number = 1; !signal.aborted; number += 1) {
    const one = runOne(`${lane.name.replaceAll(' ', '')}-${number}`, tally).finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
    next = Math.max(next + 1000 / lane.perSecond, performance.now());
    await until(next, signal);
  }
  await Promise.all(underWay);
}

async function runOne(id: string, { lane, latencies, failures }: Tally): Promise<void> {
  const started = performance.now();
  try {
    await lane.run(id);
    latencies.push(performance.now() - started);
  } catch (error) {
    failures.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function until(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, time - performance.now()));
    signal.addEventListener('abort', end);
  });
}
