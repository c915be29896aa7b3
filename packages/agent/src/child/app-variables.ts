/** Under which name a sidecar finds the variables that are for its program alone. */
export const APP_VARIABLES = 'THEMIS_APP_VARIABLES';

export function encodeVariables(variables: Readonly<Record<string, string>>): string {
  return JSON.stringify(variables);
}

/**
 * The environment for a program: without what was for its sidecar, with what is for it alone. Anything but texts by
 * names is passed over.
 */
export function withAppVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [APP_VARIABLES]: encoded, ...rest } = environment;
  if (encoded === undefined) return rest;
  return { ...rest, ...decodeVariables(encoded) };
}

function decodeVariables(text: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}
