import { sha256, TargetName, ThemisError, type Address } from '@themis-mesh/core';
import { look } from '@themis-mesh/channel';
import { parseAddress } from '../address.ts';
import { readCarried } from '../carried-file.ts';
import { describeCertificate, readPem } from '../certificate-text.ts';
import { secondsNow, type CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { openReader, readInstances } from '../instances.ts';
import { judgeChain, openBench } from '../judge-chain.ts';
import { printAnswer } from '../output/answer.ts';
import { chainJson, showChain, type ShownChain } from '../output/chain-text.ts';
import { withProgress } from '../output/progress.ts';
import { requireService } from '../named-service.ts';
import { openPlace } from '../place.ts';
import { skewOf } from '../skew.ts';

export interface CertFlags extends HomeFlags, JsonFlags {
  readonly instance?: string | undefined;
}

export async function cert(this: CliContext, flags: CertFlags, source: string): Promise<void> {
  const found = await fetchChain(this, flags, source);
  const bench = await openBench(this, flags);
  const now = secondsNow(this);
  const verdict = judgeChain(found.chain, bench, found.expected, now);
  const shown: ShownChain = {
    source: found.source,
    app: bench?.app.history.id,
    verdict,
    certificates: found.chain.map((der, index) => describeCertificate(der, index, Buffer.from(sha256(der)).toString('hex'))),
    clockSkew: found.clockSkew,
  };
  printAnswer(this, flags, { json: chainJson(shown), text: (paint) => showChain(shown, now, paint) });
  if (!verdict.ok) this.process.exitCode = 1;
}

interface FoundChain {
  readonly source: string;
  readonly chain: readonly Uint8Array[];
  readonly expected: TargetName | undefined;
  /** Seconds. */
  readonly clockSkew: number | undefined;
}

async function fetchChain(context: CliContext, flags: CertFlags, source: string): Promise<FoundChain> {
  const name = TargetName.parse(source);
  if (name !== undefined && (await isService(context, flags, name))) return lookAtService(context, flags, name);
  if (flags.instance !== undefined) throw new ThemisError('THEMIS_USAGE', '--instance needs the name of a service');
  const address = parseAddress(source);
  if (address !== undefined) return { source, expected: undefined, ...(await lookAt(context, address)) };
  const text = Buffer.from(await readCarried(source)).toString('latin1');
  return { source, chain: readPem(text, source), expected: undefined, clockSkew: undefined };
}

/** `chain.pem` is a file, unless an app is imported as `pem`. */
async function isService(context: CliContext, flags: CertFlags, name: TargetName): Promise<boolean> {
  const { alias } = TargetName.partsOf(name);
  if (alias === undefined) return true;
  const bench = await openBench(context, flags);
  return bench?.app.charter.importByAlias(alias) !== undefined;
}

async function lookAtService(context: CliContext, flags: CertFlags, name: TargetName): Promise<FoundChain> {
  await using place = await openPlace(context, flags);
  const { app, member } = await requireService(place, name);
  const found = await readInstances(await openReader(context, place, app), member.id);
  if (found.is === 'unavailable') throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', found.because);
  const wanted = found.instances.filter(({ record }) => flags.instance === undefined || record.instance === flags.instance);
  const [endpoint] = wanted.flatMap(({ record }) => record.endpoints);
  if (endpoint === undefined)
    throw new ThemisError('THEMIS_NO_INSTANCE', flags.instance === undefined ? name : `${name}/${flags.instance}`);
  return { source: `${name} at ${endpoint.host}:${endpoint.port}`, expected: name, ...(await lookAt(context, endpoint)) };
}

async function lookAt(context: CliContext, { host, port }: Address): Promise<Pick<FoundChain, 'chain' | 'clockSkew'>> {
  const { clock } = context;
  const sight = await withProgress(context, `Looking at ${host}:${port}`, () => look({ address: { host, port }, clock }));
  return { chain: sight.chain, clockSkew: skewOf(sight) };
}
