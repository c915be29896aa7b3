import type { Mesh } from '@themis-mesh/mesh';

/** Says something as one line of JSON, with the time in milliseconds since 1970. */
export function tell(event: string, facts: Readonly<Record<string, string | number | readonly number[] | undefined>> = {}): void {
  console.log(JSON.stringify({ at: Date.now(), event, ...facts }));
}

/** Says what happens in a mesh. */
export function tellEvents({ events }: Mesh): void {
  events.on('renewed', ({ serial }) => {
    tell('renewed', { serial });
  });
  events.on('refused', ({ refusal, remote }) => {
    tell('refused', { refusal: refusal.code, detail: refusal.detail, remote });
  });
  events.on('charter', ({ sequence }) => {
    tell('charter', { sequence });
  });
  events.on('renewal-failed', ({ error, left }) => {
    tell('renewal-failed', { error: String(error), left });
  });
}
