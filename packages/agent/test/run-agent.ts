/** `themis run NAME FLAGS -- COMMAND`, as far as this package goes: flags are a JSON object. */
import { becomeInitIfFirst, createLog, readSidecarOptions, runSidecar } from '@themis-mesh/agent';

const [name = '', flags = '{}', ...command] = process.argv.slice(2);
const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
becomeInitIfFirst(process.pid, self, (file, args) => process.execve?.(file, args, process.env));
const log = createLog({ format: 'json', level: 'debug', write: (line) => process.stderr.write(line), now: () => new Date() });
try {
  const options = readSidecarOptions(name, command, JSON.parse(flags) as object);
  process.exitCode = await runSidecar(options, { environment: process.env, signals: process, log, isTerminal: false });
} catch (error) {
  log.log('error', String(error));
  process.exitCode = 70;
}
