import type { Directory, DirectoryAddress } from '@themis-mesh/directory';

/** Opens the directory at an address that a home names. What that takes is loaded only then. */
export async function openDirectoryAt(address: DirectoryAddress): Promise<Directory> {
  const { openNatsAddress } = await import('@themis-mesh/directory-nats');
  return openNatsAddress(address);
}
