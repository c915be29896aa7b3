import type { Policy, Rule } from '@themis-mesh/core';
import type { PolicyOptions, RuleOptions } from '@themis-mesh/mesh';

/** A policy that was read, as a program says it. */
export function policyOptions({ rules, ...others }: Policy): PolicyOptions {
  return { ...others, ...(rules === undefined ? {} : { rules: rules.map(ruleOptions) }) };
}

function ruleOptions({ labels, headers, ...others }: Rule): RuleOptions {
  return {
    ...others,
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) }),
  };
}
