import type { PageFormat } from './exposition.ts';

export const CONTENT_TYPES: Readonly<Record<PageFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * What a reader would rather have, by its `Accept` (RFC 9110 section 12.5.1). Whoever asks for nothing that there is gets the
 * older format, which everybody reads.
 */
export function negotiate(accept: string | undefined): PageFormat {
  let open = 0;
  let plain = 0;
  for (const range of (accept ?? '').slice(0, LONGEST_ACCEPT).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = weightOf(parameters);
    if (type === 'application/openmetrics-text' && isVersion1(parameters)) open = Math.max(open, weight);
    if (type === 'text/plain') plain = Math.max(plain, weight);
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus';
}

const LONGEST_ACCEPT = 2048;

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return /^[01](?:\.\d{0,3})?$/.test(weight) ? Math.min(Number(weight), 1) : 0;
}

/** Version 0.0.1 differs from ours; no version means the newest. */
function isVersion1(parameters: readonly string[]): boolean {
  const version =
    parameters
      .find((parameter) => parameter.startsWith('version='))
      ?.slice(8)
      .replaceAll('"', '') ?? '1.0.0';
  return version === '1.0.0';
}
