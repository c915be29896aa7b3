import { requireSafeEnvironment } from '@themis-mesh/channel';
import { environmentSealing } from '@themis-mesh/mesh';
import { finding, findingOf, type Finding } from './finding.ts';

/** Options of Node.js that let through what it would refuse. */
const WEAK_OPTIONS = ['--insecure-http-parser', '--tls-min-v1.0', '--tls-min-v1.1', '--tls-min-v1.2', '--tls-max-v1.2'];

/** What the environment does to TLS, and whether the passphrase that it names can be read. */
export async function checkEnvironment(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    requireSafeEnvironment(environment);
  } catch (error) {
    findings.push(findingOf(error));
  }
  const options = (environment['NODE_OPTIONS'] ?? '').split(/\s+/);
  const weak = WEAK_OPTIONS.filter((option) => options.includes(option));
  findings.push(...weak.map((option) => finding('node-options-weak', option)));
  try {
    await environmentSealing(environment);
  } catch (error) {
    findings.push(findingOf(error));
  }
  return findings;
}
