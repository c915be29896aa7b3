import {
  meaningOfRefusal,
  readMembership,
  showSequence,
  type IdentityId,
  type Membership,
  type Verdict,
} from '@themis-mesh/core';
import type { CertificateContent, ShownCertificate } from '../certificate-text.ts';
import type { Judgement } from '../judge-chain.ts';
import type { JsonValue } from './answer.ts';
import { jsonTime } from './app-json.ts';
import { escapeText } from './escape.ts';
import type { Paint } from './paint.ts';
import { facts } from './table.ts';
import { showMoment, showTime } from './times.ts';

/** A chain with what is to be said of it. */
export interface ShownChain {
  readonly source: string;
  /** The app by which it was judged, if any. */
  readonly app: IdentityId | undefined;
  readonly verdict: Verdict<Judgement>;
  readonly certificates: readonly ShownCertificate[];
  /** Seconds. */
  readonly clockSkew: number | undefined;
}

const TITLES: Readonly<Record<ShownCertificate['kind'], string>> = {
  leaf: 'leaf',
  identity: 'identity certificate',
  surplus: 'one certificate too many',
};

export function showChain(shown: ShownChain, now: number, paint: Paint): readonly string[] {
  const { source, verdict, certificates, clockSkew } = shown;
  const membership = membershipOf(verdict);
  return [
    escapeText(source),
    ...certificates.flatMap((certificate) => showCertificate(certificate, now, paint)),
    ...(verdict.ok ? showHistory(verdict.value, paint) : []),
    ...(membership === undefined ? [] : showMembership(membership, now, paint)),
    ...(clockSkew === undefined ? [] : [`clock   ${Math.abs(clockSkew)} s ${clockSkew < 0 ? 'behind' : 'ahead of'} ours`]),
    ...showVerdict(verdict, paint),
  ];
}

export function chainJson({ source, verdict, certificates, clockSkew }: ShownChain): { readonly [name: string]: JsonValue } {
  const membership = membershipOf(verdict);
  return {
    source,
    isTrusted: verdict.ok,
    ...(verdict.ok
      ? { peer: peerJson(verdict.value), history: historyJson(verdict.value) }
      : { refusal: { ...verdict.refusal, meaning: meaningOfRefusal(verdict.refusal.code) ?? '' } }),
    certificates: certificates.map(certificateJson),
    ...(membership === undefined ? {} : { membership: membershipJson(membership) }),
    ...(clockSkew === undefined ? {} : { clockSkew }),
  };
}

function showCertificate({ kind, sha256, content }: ShownCertificate, now: number, paint: Paint): readonly string[] {
  const title = paint.bold(TITLES[kind]);
  if (content === undefined) return [`${title} cannot be read`, ...facts([['SHA-256', sha256]], paint)];
  const { subject, names, serial, notBefore, notAfter, key, isCa, purposes } = content;
  const use = [isCa ? 'signs certificates' : 'signs no certificates', ...purposes].join(', ');
  const ends = notAfter > 253_000_000_000 ? 'has no end of its own' : `to ${showMoment(notAfter, now)}`;
  return [
    title,
    ...facts(
      [
        ...(subject === undefined ? [] : [['subject', escapeText(subject)] as const]),
        ['names', escapeText(names ?? 'none')],
        ['good', `from ${showTime(notBefore)} ${ends}`],
        ['serial', serial],
        ['key', escapeText(key)],
        ['use', escapeText(use)],
        ['SHA-256', sha256],
      ],
      paint,
    ),
  ];
}

function showHistory({ chain }: Judgement, paint: Paint): readonly string[] {
  const events = chain.history.events.map(({ claims }, seq) => [String(seq), `${claims.t}, ${showTime(claims.iat)}`] as const);
  return [paint.bold('key history'), ...facts(events, paint)];
}

function showMembership({ app, member, charter, exp }: Membership, now: number, paint: Paint): readonly string[] {
  return [
    paint.bold('membership'),
    ...facts(
      [
        ['app', app],
        ['name', member.name],
        ['by charter', showSequence(charter)],
        ['good until', showMoment(exp, now)],
      ],
      paint,
    ),
  ];
}

function showVerdict(verdict: Verdict<Judgement>, paint: Paint): readonly string[] {
  if (!verdict.ok) {
    const { code, detail } = verdict.refusal;
    return [`${paint.bad('refused')} ${paint.bold(code)}`, `  ${meaningOfRefusal(code) ?? ''}`, `  ${escapeText(detail)}`];
  }
  const { peer } = verdict.value;
  if (peer === undefined) {
    return [`${paint.good('sound')} as a chain. There is no home here, so no app by which to judge whom it belongs to.`];
  }
  return [
    `${paint.good('trusted')} as ${paint.bold(peer.name ?? peer.id)} of ${peer.app ?? ''}, on the word of the ${peer.by ?? ''}`,
  ];
}

/** What the leaf carries. It was verified where the verdict is good and there is an app; otherwise it is a claim. */
function membershipOf(verdict: Verdict<Judgement>): Membership | undefined {
  if (!verdict.ok || verdict.value.chain.membership === undefined) return undefined;
  const read = readMembership(verdict.value.chain.membership);
  return read.ok ? read.value.claims : undefined;
}

function peerJson({ chain, peer }: Judgement): JsonValue {
  const { id, spiffeId, instance } = chain;
  return {
    id,
    spiffeId,
    instance,
    ...(peer?.name === undefined ? {} : { name: peer.name }),
    ...(peer?.app === undefined ? {} : { app: peer.app }),
    ...(peer?.by === undefined ? {} : { by: peer.by }),
  };
}

function historyJson({ chain }: Judgement): JsonValue {
  return chain.history.events.map(({ claims }) => ({ event: claims.t, time: jsonTime(claims.iat) }));
}

function membershipJson({ app, member, charter, exp }: Membership): JsonValue {
  return { app, name: member.name, charter: showSequence(charter), expires: jsonTime(exp) };
}

function certificateJson({ kind, sha256, content }: ShownCertificate): JsonValue {
  return { kind, sha256, isReadable: content !== undefined, ...(content === undefined ? {} : contentJson(content)) };
}

function contentJson(content: CertificateContent): { readonly [name: string]: JsonValue } {
  const { notBefore, notAfter, isCa, purposes, ...texts } = content;
  const present = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(present), notBefore: jsonTime(notBefore), notAfter: jsonTime(notAfter), isCa, purposes };
}
