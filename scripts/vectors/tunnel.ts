import { mkdirSync, writeFileSync } from 'node:fs';
import { HEAR_CASES, READ_CASES } from '../../packages/channel/test/tunnel/vectors/cases.ts';
import { hear, readFrames } from '../../packages/channel/test/tunnel/vectors/operations.ts';

// Writes vectors/tunnel/*.json anew. Its README says what is in them.

const FOLDER = new URL('../../vectors/tunnel/', import.meta.url);

function write(file: string, about: string, cases: readonly unknown[]): void {
  writeFileSync(new URL(file, FOLDER), `${JSON.stringify({ format: 'themis-vectors/1', about, cases }, undefined, 1)}\n`);
}

mkdirSync(FOLDER, { recursive: true });

write(
  'frames.json',
  'Bytes, and the frames that they are.',
  READ_CASES.map(({ name, about, bytes }) => {
    const input = { bytes: bytes.toString('base64url') };
    return { name, operation: 'read-frames', about, input, expected: readFrames(bytes, Infinity) };
  }),
);

const heard: unknown[] = [];
for (const { name, about, role, begun = 0, limits = {}, bytes } of HEAR_CASES) {
  const input = { role, begun, limits, bytes: bytes.toString('base64url') };
  const expected = await hear({ role, begun, limits, bytes }, Infinity);
  heard.push({ name, operation: 'hear', about, input, expected });
}
write('rules.json', 'What one end of a tunnel sends from its first frame on, and what the other makes of it.', heard);
