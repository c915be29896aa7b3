import { systemClock } from '@themis-mesh/channel';
import { hostOf } from './host.ts';
import { Output } from './output/output.ts';
import { runCli } from './run-cli.ts';

// A reader that has seen enough (`themis status | head`) closes its end; what writes to it hears of that, or need not.
process.stdout.on('error', ignoreBrokenPipe);
process.stderr.on('error', ignoreBrokenPipe);

process.exitCode = await runCli(process.argv.slice(2), {
  out: new Output(process.stdout, process.env),
  err: new Output(process.stderr, process.env),
  input: process.stdin,
  environment: process.env,
  clock: systemClock,
  host: hostOf(process),
});

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
