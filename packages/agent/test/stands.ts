import { waitFor } from '@themis-mesh/testkit';

const STILL_MS = 300;

/** Waits until a number stays the same for a while. @returns the number */
export async function stands(read: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await waitFor(() => {
    if (read() !== last) {
      last = read();
      since = performance.now();
    }
    return performance.now() - since > STILL_MS;
  }, 'a number to stand still');
  return last;
}
