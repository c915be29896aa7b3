import type { CliContext } from '../context.ts';
import type { JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { facts } from '../output/table.ts';
import { packageVersion } from '../version.ts';

export function version(this: CliContext, flags: JsonFlags): void {
  const { node, openssl } = process.versions;
  const platform = `${process.platform}-${process.arch}`;
  printAnswer(this, flags, {
    json: { themis: packageVersion(), node, openssl, platform },
    text: (paint) =>
      facts(
        [
          ['themis', packageVersion()],
          ['Node.js', node],
          ['OpenSSL', openssl],
          ['platform', platform],
        ],
        paint,
      ),
  });
}
