import { setFlagsFromString } from 'node:v8';

/** How far the heap may grow between two collections of all of it, beyond what lived through the last. Percent. */
const GROWTH = 400;

/**
 * Has V8 collect the whole heap of this process less often. Its limit counts the bytes of buffers too, those that die young as
 * well: a sidecar, whose heap is small and through which bytes flow, is else collected as a whole ten times a second, which takes
 * more time than all of its work (docs/adr/0015-tcp-over-shared-tunnels.md). Buffers that die young are freed all the same, by
 * the collections of young objects that V8 makes at every 32 MiB of them.
 */
export function growHeapFreely(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
