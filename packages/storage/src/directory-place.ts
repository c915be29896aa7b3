import { resolve } from 'node:path';

/** Whether a text says where a directory is by an address, such as `nats://host:4222`, as opposed to a folder of this machine. */
export function isDirectoryAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]{1,31}:\/\//.test(text);
}

/** The full path of a folder; an address as it is. @param base what a path begins in. Default: the working directory */
export function directoryPlace(text: string, base: string = '.'): string {
  return isDirectoryAddress(text) ? text : resolve(base, text);
}
