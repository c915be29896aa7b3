import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';

/** Sends lines, and reads as many back. @throws where the stream ends sooner */
export async function exchangeLines(stream: Duplex, lines: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  stream.write(lines.map((line) => `${line}\n`).join(''));
  for await (const line of createInterface({ input: stream })) {
    answers.push(line);
    if (answers.length === lines.length) return answers;
  }
  throw new Error(`the stream ended after ${answers.length} of ${lines.length} answers`);
}
