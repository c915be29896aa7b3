import { printable, ThemisError } from '@themis-mesh/core';
import type { Mesh } from '@themis-mesh/mesh';
import type { Log } from './log.ts';
import { SparingLog } from './sparing.ts';

/** Writes what happens in a mesh to a log. */
export function logMesh({ events }: Pick<Mesh, 'events'>, log: Log): void {
  const sparing = new SparingLog(log);
  events.on('renewed', ({ serial, notAfter }) => {
    log.log('debug', 'leaf renewed', { serial, notAfter });
  });
  events.on('renewal-failed', ({ error, left }) => {
    log.log(left > 0 ? 'warn' : 'error', 'leaf not renewed', { ...causeOf(error), left });
  });
  events.on('refused', ({ refusal, remote }) => {
    if (refusal.code === 'leaf-ended') {
      // Each channel ends so, if nothing ends it before: nobody was refused.
      log.log('debug', 'connection ended with its leaf', { detail: refusal.detail, remote });
      return;
    }
    sparing.log(refusal.code, 'warn', 'connection refused', { refusal: refusal.code, detail: refusal.detail, remote });
  });
  events.on('request-refused', ({ peer, method, path, decision: { policy, rule, because }, detail }) => {
    const fields = { refusal: because, policy, rule, detail, caller: peer.name ?? peer.id, method, path: withoutQuery(path) };
    sparing.log(because, 'warn', 'request refused', fields);
  });
  events.on('request-audited', ({ peer, method, path, audit: { policy, rule, because } }) => {
    const fields = { refusal: because, policy, rule, caller: peer.name ?? peer.id, method, path: withoutQuery(path) };
    sparing.log(`audit ${because}`, 'warn', 'request would be refused', fields);
  });
  events.on('dial-failed', ({ service, instance, error }) => {
    log.log('debug', 'instance not reached', { service, instance, ...causeOf(error) });
  });
  events.on('directory-failed', ({ error }) => {
    log.log('warn', 'directory not reached', causeOf(error));
  });
  events.on('traffic', ({ by }) => {
    log.log('info', 'traffic rules in force', { by });
  });
  events.on('traffic-refused', ({ error }) => {
    log.log('error', 'traffic rules not taken: those before stay', causeOf(error));
  });
  events.on('access-log-failed', ({ error }) => {
    log.log('warn', 'access log not written: lines are lost until it can be', causeOf(error));
  });
  events.on('charter', ({ sequence }) => {
    log.log('debug', 'newer charter', { sequence });
  });
  events.on('alarm', ({ refusal }) => {
    log.log('error', 'alarm', { refusal: refusal.code, detail: refusal.detail });
  });
}

/** Queries hold secrets now and then. */
function withoutQuery(path: string): string {
  return printable(path.replace(/\?.*$/s, ''));
}

/** What a log says of an error: its code and its message, which holds no secret. */
export function causeOf(error: unknown): { readonly error: string; readonly message: string } {
  if (ThemisError.is(error)) return { error: error.code, message: error.message };
  return { error: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}
