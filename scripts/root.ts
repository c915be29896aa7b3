import { dirname } from 'node:path';

/** The folder of the repository. */
export const ROOT: string = dirname(import.meta.dirname);
