import { FollowedFile } from '../follow/followed-file.ts';
import type { AppConfig } from './config.ts';
import { showMistake } from './mistake.ts';
import { bytesOfConfig, configIn } from './read-config.ts';

export interface FollowConfigOptions {
  readonly file: string;
  /** Takes a configuration without mistakes. Where it throws, it is told as a failure, and tried again. */
  readonly onConfig: (config: AppConfig) => Promise<void>;
  /** It has mistakes, and changes nothing. Each with its place. */
  readonly onMistakes: (mistakes: readonly string[]) => void;
  /** It cannot be read, or was not taken. */
  readonly onFailure: (error: unknown) => void;
  /** How often it is looked at. Milliseconds. */
  readonly everyMs?: number | undefined;
}

/** Follows a configuration while it is edited. */
export function followConfig({ file, onConfig, onMistakes, onFailure, everyMs }: FollowConfigOptions): FollowedFile {
  return new FollowedFile({
    read: () => bytesOfConfig(file),
    take: async (bytes) => {
      const parsed = await configIn(bytes, file);
      if (!parsed.ok) throw new Mistakes(parsed.mistakes.map((mistake) => showMistake(file, mistake)));
      await onConfig(parsed.config);
    },
    onFailure: (error) => {
      if (error instanceof Mistakes) onMistakes(error.all);
      else onFailure(error);
    },
    everyMs,
  });
}

class Mistakes extends Error {
  readonly all: readonly string[];

  constructor(all: readonly string[]) {
    super(all.join('; '));
    this.all = all;
  }
}
