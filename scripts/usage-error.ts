/** A mistake of whoever typed the command: shown as its message alone, with exit code 1 (scripts/launch.js). */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
