/** Why a verified caller may not call. */
export const POLICY_REFUSALS = {
  'policy-not-a-member': 'The policy admits members of the app only.',
  'policy-not-listed': 'The policy names the services that may call, and the caller is none of them.',
  'policy-deny-all': 'The policy admits nobody.',
} as const;
