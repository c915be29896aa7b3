import { mkdirSync, writeFileSync } from 'node:fs';
import { CASES } from '../../packages/directory-http/test/vectors/cases.ts';
import { read } from '../../packages/directory-http/test/vectors/operations.ts';

// Writes vectors/directory-http/*.json anew. Its README says what is in them.

const FOLDER = new URL('../../vectors/directory-http/', import.meta.url);

const cases = CASES.map(({ name, about, message, text }) => {
  return { name, operation: 'read-message', about, input: { message, text }, expected: read(message, text) };
});

mkdirSync(FOLDER, { recursive: true });
const about = 'Bodies of the directory over HTTP, and whether they are of its form.';
writeFileSync(
  new URL('messages.json', FOLDER),
  `${JSON.stringify({ format: 'themis-vectors/1', about, cases }, undefined, 1)}\n`,
);
