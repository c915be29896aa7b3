/** @param declared a `content-length`, as a header has it. @returns undefined for what is none */
export function bodyBytes(declared: unknown): number | undefined {
  const text = typeof declared === 'number' ? String(declared) : declared;
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
