import { createReadStream } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Readable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { fileError } from '@themis-mesh/storage';

/** The flags that say what is sent. */
export interface RequestFlags {
  readonly request?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly data?: string | undefined;
}

/** What is sent, as far as the flags say it. */
export interface CallRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | Readable | undefined;
}

/** @param input what `@-` stands for. @throws ThemisError THEMIS_USAGE, THEMIS_FILE_MISSING and its kin */
export async function readCallRequest(flags: RequestFlags, path: string, input: Readable): Promise<CallRequest> {
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.includes('#')) {
    throw new ThemisError(
      'THEMIS_USAGE',
      `PATH cannot be \`${path}\`: a path begins with / and has no spaces; encode others as %XX`,
    );
  }
  const method = flags.request ?? (flags.data === undefined ? 'GET' : 'POST');
  if (!/^[A-Z][A-Z-]{0,30}$/.test(method))
    throw new ThemisError('THEMIS_USAGE', `--request cannot be \`${method}\`: a method, as POST`);
  const given = (flags.header ?? []).flatMap(parseHeader);
  const body = flags.data === undefined ? undefined : await readBody(flags.data, input);
  const isTyped = given.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type');
  const type = body === undefined || isTyped ? [] : ['content-type', 'application/x-www-form-urlencoded'];
  return { method, path, headers: [...given, ...type], body };
}

function parseHeader(line: string): readonly [string, string] {
  const at = line.indexOf(':');
  const [name, value] = [line.slice(0, at), line.slice(at + 1).trim()];
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw new ThemisError('THEMIS_USAGE', `--header cannot be \`${line}\`: write it as name: value`, { cause });
  }
  return [name, value];
}

async function readBody(data: string, input: Readable): Promise<Buffer | Readable> {
  if (!data.startsWith('@')) return Buffer.from(data);
  if (data === '@-') return input;
  const path = data.slice(1);
  const stream = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(fileError(error, path)));
  });
  return stream;
}
