let second = 0;
let text = '';

/** The time, as a `date` field has it (RFC 9110 section 5.6.7). */
export function dateNow(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
