import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { ThemisError, type ServiceName, type TargetName } from '@themis-mesh/core';
import { openDirectoryAt } from '@themis-mesh/agent';
import { join, type AnswerMessage } from '@themis-mesh/mesh';
import { Home } from '@themis-mesh/storage';
import { readCallRequest, type RequestFlags } from '../call-request.ts';
import type { CliContext } from '../context.ts';
import type { HomeFlags } from '../flags.ts';
import { escapeLines, escapeText } from '../output/escape.ts';
import { withProgress } from '../output/progress.ts';
import { homeAt } from '../place.ts';

export interface CallFlags extends HomeFlags, RequestFlags {
  readonly as?: ServiceName | undefined;
  readonly include?: boolean | undefined;
  readonly fail?: boolean | undefined;
  readonly timeout?: number | undefined;
}

export async function call(this: CliContext, flags: CallFlags, name: TargetName, path: string): Promise<void> {
  const request = await readCallRequest(flags, path, this.input);
  const home = await Home.open(homeAt(this, flags).root);
  const service = flags.as ?? (await soleService(home));
  await using mesh = await join({ service, home: home.root, clock: this.clock, openDirectory: openDirectoryAt });
  const ended = new AbortController();
  const callOff = this.clock.after((flags.timeout ?? Infinity) * 1000, () => ended.abort(tooLate(name)));
  try {
    const send = { ...request, service: name, signal: ended.signal };
    const { message } = await withProgress(this, `Calling ${name}`, () => mesh.send(send));
    if (flags.include === true) printHead(this, message);
    await printBody(this, message, name);
    const status = message.statusCode ?? 0;
    if (flags.fail === true && status >= 400) throw new ThemisError('THEMIS_CALL_FAILED', `${name} answered ${status}`);
  } finally {
    callOff();
  }
}

async function soleService(home: Home): Promise<ServiceName> {
  const [sole, ...others] = await home.services();
  if (sole !== undefined && others.length === 0) return sole;
  const names = sole === undefined ? 'there are keys of none here' : `here are ${[sole, ...others].join(', ')}`;
  throw new ThemisError('THEMIS_USAGE', `say as which service to call, with --as NAME: ${names}`);
}

function printHead({ out }: CliContext, { httpVersion, statusCode, statusMessage, rawHeaders }: AnswerMessage): void {
  const show = out.isTerminal ? escapeText : (text: string): string => text;
  const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : []));
  out.lines([`HTTP/${httpVersion} ${statusCode ?? ''} ${statusMessage ?? ''}`, ...fields, ''].map(show));
}

async function printBody({ out }: CliContext, message: AnswerMessage, name: TargetName): Promise<void> {
  try {
    await (out.isTerminal
      ? pipeline(message, escaping(), out.stream, { end: false })
      : pipeline(message, out.stream, { end: false }));
  } catch (error) {
    if (ThemisError.is(error) || isBrokenPipe(error)) throw error;
    const detail = `${name} ended in the middle of its answer: ${error instanceof Error ? error.message : ''}`;
    throw new ThemisError('THEMIS_CONNECTION_LOST', detail, { cause: error });
  }
}

/** Shows text from a peer so that it cannot command the terminal. Characters that two chunks share are put together first. */
function escaping(): Transform {
  const decoder = new StringDecoder('utf8');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, escapeLines(decoder.write(chunk)));
    },
    flush(done) {
      done(null, escapeLines(decoder.end()));
    },
  });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

function tooLate(name: TargetName): ThemisError {
  return new ThemisError('THEMIS_ABORTED', `no whole answer of ${name} in time`);
}
