import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { testDirectory } from './compliance.ts';

testDirectory('memory', async () => {
  let directory: Directory | undefined;
  return async (options) => (directory ??= openMemoryDirectory(options));
});
