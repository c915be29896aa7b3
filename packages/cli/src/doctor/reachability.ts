import { look } from '@themis-mesh/channel';
import { ThemisError, type Endpoint, type ServiceName } from '@themis-mesh/core';
import { benchOf, judgeChain, type Bench } from '../judge-chain.ts';
import { skewOf } from '../skew.ts';
import { finding, type Finding } from './finding.ts';
import type { Patient } from './patient.ts';

/** Enough to see what is wrong; more would take long. */
const MOST_ENDPOINTS = 64;

const TIMEOUT_MS = 3000;

/** Beyond that, in seconds, connections are refused. */
const MAX_SKEW = 60;

/** From here on, in seconds, a difference of clocks is worth a word. */
const NOTED_SKEW = 5;

/** Whether the instances that the directory names can be reached, are who they should be, and have the right time. */
export async function checkReachability({ context, place, services }: Patient): Promise<readonly Finding[]> {
  const bench = await benchOf(place);
  const endpoints = services.flatMap(({ name, instances }) =>
    (instances ?? []).flatMap(({ record }) => record.endpoints.map((endpoint) => ({ name, endpoint }))),
  );
  const looked = endpoints.slice(0, MOST_ENDPOINTS);
  const findings = await Promise.all(looked.map(({ name, endpoint }) => checkEndpoint(name, endpoint, bench, context.clock)));
  return findings.flat();
}

async function checkEndpoint(
  name: ServiceName,
  { host, port }: Endpoint,
  bench: Bench,
  clock: Patient['context']['clock'],
): Promise<readonly Finding[]> {
  const where = `${name} at ${host}:${port}`;
  try {
    const sight = await look({ address: { host, port }, timeout: TIMEOUT_MS, clock });
    const judged = judgeChain(sight.chain, bench, name, Math.floor(clock.now() / 1000));
    const refused = judged.ok ? [] : [finding('instance-refused', `${where}: ${judged.refusal.code} (${judged.refusal.detail})`)];
    return [...refused, ...checkSkew(where, skewOf(sight) ?? 0)];
  } catch (error) {
    if (!ThemisError.is(error)) throw error;
    return [finding('instance-unreachable', `${where}: ${error.message}`)];
  }
}

function checkSkew(where: string, skew: number): readonly Finding[] {
  const off = Math.abs(skew);
  if (off < NOTED_SKEW) return [];
  const detail = `${where} is ${off} s ${skew > 0 ? 'ahead of' : 'behind'} us`;
  return [finding(off > MAX_SKEW ? 'clock-differs' : 'clock-drifts', detail)];
}
