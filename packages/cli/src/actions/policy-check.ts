import type { CliContext } from '../context.ts';
import type { JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { policyJson } from '../output/policy-json.ts';
import { showConditions } from '../output/policy-text.ts';
import { table } from '../output/table.ts';
import { doubtsAbout, requirePolicy } from '../policy-mistakes.ts';

export async function policyCheck(this: CliContext, flags: JsonFlags, file: string): Promise<void> {
  const policy = await requirePolicy(this, file);
  const doubts = doubtsAbout(policy);
  const { rules = [], allow } = policy;
  printAnswer(this, flags, {
    json: { ...policyJson(policy), doubts },
    text: (paint) => [
      `${paint.good('sound')} ${file}`,
      ...table(
        ['', 'RULE', 'ABOUT'],
        [
          ...rules.filter(({ action }) => action === 'deny').map((rule) => [denies(rule.mode), rule.name, showConditions(rule)]),
          ...(allow.length === 0 ? [] : [['allow', 'allow', `services ${allow.join(', ')}`]]),
          ...rules.filter(({ action }) => action === 'allow').map((rule) => ['allow', rule.name, showConditions(rule)]),
          [policy.default === 'deny-all' ? 'deny' : 'allow', 'default', policy.default],
        ],
        paint,
      ),
      ...doubts.map((doubt) => `${paint.warning('doubt')} ${doubt}`),
    ],
  });
}

function denies(mode: string | undefined): string {
  return mode === 'audit' ? 'audit' : 'deny';
}
