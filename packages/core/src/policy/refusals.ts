/** Why a verified caller may not call, or a request of its is not carried out. */
export const POLICY_REFUSALS = {
  'policy-not-a-member': 'The policy admits members of the app only.',
  'policy-not-listed': 'The policy names the services that may call, and the caller is none of them.',
  'policy-deny-all': 'The policy admits nobody.',
  'policy-denied': 'A rule of the policy denies it.',
  'policy-no-rule': 'The policy allows the caller other requests, and no rule allows this one.',
  'policy-path-ambiguous': 'Programs read the path in more than one way, so that nothing can be said about it.',
  'policy-header-ambiguous':
    'A header that the policy names comes more than once, or in a spelling that some programs take for it.',
  'policy-method-ambiguous': 'The policy names methods, and the method is not in upper case.',
} as const;
