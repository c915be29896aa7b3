import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Programs that nobody here wrote and npm does not bring. */
export interface Programs {
  readonly python3: boolean;
  readonly curl: boolean;
  readonly openssl: boolean;
}

/** Which of them this machine has. */
export async function findPrograms(): Promise<Programs> {
  const asked = [has('python3', '--version'), has('curl', '--version'), has('openssl', 'version')] as const;
  const [python3, curl, openssl] = await Promise.all(asked);
  return { python3, curl, openssl };
}

/** What runs in the place of those that are missing. */
export function replacements({ python3, curl, openssl }: Programs): readonly string[] {
  return [
    ...(python3 ? [] : ['Python is missing: files is served by sirv, from npm']),
    ...(curl ? [] : ["curl is missing: Node's fetch calls by the proxy alone"]),
    ...(openssl ? [] : ["OpenSSL's command line is missing: nobody comes with a certificate made by it"]),
  ];
}

async function has(file: string, word: string): Promise<boolean> {
  try {
    await promisify(execFile)(file, [word], { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}
