import { mkdirSync, writeFileSync } from 'node:fs';
import { ANSWERS, PLACES, REQUESTS, type MessageCase } from '../../packages/directory-kad/test/vectors/cases.ts';
import { perform } from '../../packages/directory-kad/test/vectors/operations.ts';

// Writes vectors/kad/*.json anew. Its README says what is in them.

const FOLDER = new URL('../../vectors/kad/', import.meta.url);

function write(file: string, about: string, cases: readonly unknown[]): void {
  writeFileSync(new URL(file, FOLDER), `${JSON.stringify({ format: 'themis-vectors/1', about, cases }, undefined, 1)}\n`);
}

function read(operation: string, { name, about, bytes }: MessageCase): unknown {
  const input = { bytes: Buffer.from(bytes).toString('base64url') };
  return { name, operation, about, input, expected: perform(operation, input) };
}

mkdirSync(FOLDER, { recursive: true });

write(
  'requests.json',
  'Bytes, and what they ask.',
  REQUESTS.map((each) => read('read-request', each)),
);
write(
  'answers.json',
  'Bytes, and what they say.',
  ANSWERS.map((each) => read('read-answer', each)),
);
write(
  'places.json',
  'Nodes and keys, and where they lie.',
  PLACES.map(({ name, operation, input }) => ({ name, operation, input, expected: perform(operation, input) })),
);
