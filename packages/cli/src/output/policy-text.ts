import type { HeaderCondition, Policy, Rule } from '@themis-mesh/core';

/** What a policy says, in a few words. */
export function showPolicy({ default: fallback, allow, rules = [], mode }: Policy): string {
  const others = fallback === 'deny-all' ? 'nobody' : fallback;
  const counted = rules.length === 0 ? [] : [`${rules.length} rule${rules.length === 1 ? '' : 's'}`];
  const said = [...counted, ...(allow.length === 0 ? [] : [allow.join(', ')])];
  const all = fallback === 'deny-all' && said.length > 0 ? said : [...said, others];
  return `${mode === 'audit' ? 'audit: ' : ''}${all.join('; ')}`;
}

/** The conditions of a rule, each as `what: values`. */
export function showConditions({ services, apps, labels, ids, methods, paths, headers, ports }: Rule): string {
  const conditions: readonly (readonly [string, readonly (string | number)[] | undefined])[] = [
    ['services', services],
    ['apps', apps],
    ['labels', labels && [...labels].map(([name, value]) => `${name}=${value}`)],
    ['ids', ids],
    ['methods', methods],
    ['paths', paths],
    ['headers', headers && [...headers].map(showHeader)],
    ['ports', ports],
  ];
  const shown = conditions.flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${values.join(', ')}`]));
  return shown.length === 0 ? 'everything' : shown.join('; ');
}

function showHeader([name, condition]: readonly [string, HeaderCondition]): string {
  if (typeof condition === 'boolean') return condition ? name : `no ${name}`;
  return `${name}=${condition.join('|')}`;
}
