/** Files of state. */
export const FILE_ERRORS = {
  THEMIS_FILE_MISSING: {
    summary: 'A file is missing',
    remedy: 'Check the path, and that the file was not moved.',
    retryable: false,
  },
  THEMIS_FILE_DENIED: {
    summary: 'The operating system denies access to a file',
    remedy: 'Run as the user that owns the Themis home, and check the modes of the folders above the file.',
    retryable: false,
  },
  THEMIS_FILE_FAILED: {
    summary: 'A file could not be read or written',
    remedy: 'Check the disk and the file system that hold the Themis home.',
    retryable: true,
  },
  THEMIS_FILE_EXISTS: {
    summary: 'The file is already there and is not overwritten',
    remedy: 'Choose another path, or move the file away first.',
    retryable: false,
  },
  THEMIS_FILE_TOO_LARGE: {
    summary: 'A file is larger than its kind may be',
    remedy: 'It is not a file that Themis wrote. Restore it from a backup.',
    retryable: false,
  },
  THEMIS_FILE_MALFORMED: {
    summary: 'A file of state does not hold what it should',
    remedy: 'It was damaged or changed by hand. Restore it from a backup; Themis does not guess.',
    retryable: false,
  },
  THEMIS_FILE_NOT_REGULAR: {
    summary: 'A path is not a plain file',
    remedy: 'Put a plain file there, not a folder, a pipe, a socket or a device.',
    retryable: false,
  },
  THEMIS_DISK_FULL: {
    summary: 'The disk is full',
    remedy: 'Make room on the disk of the Themis home. Nothing was changed.',
    retryable: true,
  },
  THEMIS_LOCK_BUSY: {
    summary: 'Another process holds the lock for too long',
    remedy: 'Wait for it to end, or end it. A lock left by a process that died is taken over without help.',
    retryable: true,
  },
} as const;
