const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A moment, and how far away it is. @param seconds since 1970 */
export function showMoment(seconds: number, now: number): string {
  return `${showTime(seconds)} (${showDistance(seconds - now)})`;
}

/** In UTC, to the second. @param seconds since 1970 */
export function showTime(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** As `in 3 hours`, `20 s ago` or `now`. @param seconds negative for the past */
export function showDistance(seconds: number): string {
  if (Math.round(seconds) === 0) return 'now';
  const span = showSpan(Math.abs(seconds));
  return seconds < 0 ? `${span} ago` : `in ${span}`;
}

/** In the largest unit of which there are two or more. */
export function showSpan(seconds: number): string {
  if (seconds >= 2 * DAY) return `${Math.round(seconds / DAY)} days`;
  if (seconds >= 2 * HOUR) return `${Math.round(seconds / HOUR)} hours`;
  if (seconds >= 2 * MINUTE) return `${Math.round(seconds / MINUTE)} min`;
  return `${Math.round(seconds)} s`;
}
