import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How far the heap may grow between two collections of all of it, beyond what lived through the last. Percent. */
const GROWTH = 400;

/** The room for young objects grows no more from here on. Bytes; V8 would go on to 64 MiB. */
const YOUNG_BYTES = 16_777_216;

/**
 * Sets how V8 keeps the heap of a sidecar. It lasts as long as the process.
 *
 * It collects the whole heap less often. Its limit counts the bytes of buffers too, those that die young as well: a sidecar,
 * whose heap is small and through which bytes flow, is else collected as a whole ten times a second, which takes more time than
 * all of its work (docs/adr/0015-tcp-over-shared-tunnels.md). Buffers that die young are freed all the same, by the collections
 * of young objects that V8 makes at every 32 MiB of them.
 *
 * It gives young objects less room, of which V8 fills all before it collects: what flows through a sidecar is dead long before,
 * and the room would only stay resident.
 */
export function shapeHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  // V8 reads the size itself when it starts, before there is anybody to say it; the factor it reads each time it grows.
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < YOUNG_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
