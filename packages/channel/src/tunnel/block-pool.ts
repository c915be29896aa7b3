/** How much is written to a socket at a time. */
export const BLOCK_BYTES = 131_072;

/** How many blocks are kept that nobody uses. */
const MOST_KEPT = 16;

const kept: Buffer[] = [];

/**
 * Blocks of memory that frames are gathered in, shared by all tunnels of the process: one that says nothing has none. Who takes a
 * block has it alone, and gives it back when the socket is done with it; one that is never given back is collected as garbage.
 */
export function takeBlock(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** @param block one that {@link takeBlock} gave, whole; parts of one are passed over */
export function giveBackBlock(block: Buffer): void {
  if (block.length === BLOCK_BYTES && kept.length < MOST_KEPT) kept.push(block);
}
