import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CertFlags } from '../actions/cert.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, textFlag } from '../flags.ts';

const NO_MEMBER = 'where no app is known here';
const NO_MEMBERSHIP = 'where it carries none';
const UNREADABLE = 'where it cannot be read';
const REFUSED = 'where it is refused';
const TRUSTED = 'where it is trusted';

export const cert: CliCommand = {
  command: buildCommand<CertFlags, [string], CliContext>({
    loader: async () => (await import('../actions/cert.ts')).cert,
    parameters: {
      flags: { instance: textFlag('INSTANCE', 'Look at this instance of the service'), home: homeFlag, json: jsonFlag },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'A service, the HOST:PORT of one, or a PEM file', placeholder: 'SOURCE', parse: String }],
      },
    },
    docs: {
      brief: 'Show certificates, and why they are or are not trusted',
      customUsage: ['NAME [--instance INSTANCE]', 'HOST:PORT', './FILE.pem'],
      fullDescription: lesson({
        what: `Shows the certificates that an instance presents, or those in a file: a leaf, which lives for an hour and is held by
one process, and the identity certificate that signed it, with the history of its keys. Then it says whether a service of
this home's app would believe them, and if not, the one reason.

It ends with 0 where they are trusted, and with 1 where they are not. Nothing is proved to whom it looks at.`,
        examples: ['themis cert payments', 'themis cert 127.0.0.1:8443', 'themis cert ./chain.pem --json'],
      }),
    },
  }),
  fields: [
    { path: 'source', type: 'text', meaning: 'What was looked at' },
    { path: 'isTrusted', type: 'boolean', meaning: 'Whether it would be believed' },
    { path: 'refusal.code', type: 'text', meaning: 'Why not: docs/reference/errors.md', absent: TRUSTED },
    { path: 'refusal.detail', type: 'text', meaning: 'What was seen, and what was wanted', absent: TRUSTED },
    { path: 'refusal.meaning', type: 'text', meaning: 'What the code means', absent: TRUSTED },
    { path: 'peer.id', type: 'text', meaning: 'The ID that it proves', absent: REFUSED },
    { path: 'peer.spiffeId', type: 'text', meaning: 'The name in its certificate', absent: REFUSED },
    { path: 'peer.instance', type: 'text', meaning: 'The name of the instance', absent: REFUSED },
    { path: 'peer.name', type: 'text', meaning: 'The name that it has in the app', absent: NO_MEMBER },
    {
      path: 'peer.app',
      type: 'text',
      meaning: 'The app of which it is a member: this one, or an imported one',
      absent: NO_MEMBER,
    },
    { path: 'peer.by', type: 'text', meaning: 'On whose word it is one: charter or membership', absent: NO_MEMBER },
    { path: 'certificates[].kind', type: 'text', meaning: 'leaf, identity, or surplus' },
    { path: 'certificates[].isReadable', type: 'boolean', meaning: 'Whether it can be shown at all' },
    { path: 'certificates[].subject', type: 'text', meaning: 'Its subject', absent: 'where it has none' },
    { path: 'certificates[].issuer', type: 'text', meaning: 'Its issuer', absent: 'where it has none' },
    { path: 'certificates[].names', type: 'text', meaning: 'Its subjectAltName', absent: 'where it has none' },
    { path: 'certificates[].serial', type: 'text', meaning: 'Its serial number', absent: UNREADABLE },
    { path: 'certificates[].notBefore', type: 'time', meaning: 'When it begins', absent: UNREADABLE },
    { path: 'certificates[].notAfter', type: 'time', meaning: 'When it ends', absent: UNREADABLE },
    { path: 'certificates[].key', type: 'text', meaning: 'Of what kind its key is', absent: UNREADABLE },
    { path: 'certificates[].isCa', type: 'boolean', meaning: 'Whether it may sign certificates', absent: UNREADABLE },
    { path: 'certificates[].purposes[]', type: 'text', meaning: 'Its extendedKeyUsage', absent: 'where it has none' },
    { path: 'certificates[].sha256', type: 'text', meaning: 'The SHA-256 digest of it' },
    { path: 'history[].event', type: 'text', meaning: 'inception, rotation or retire', absent: REFUSED },
    { path: 'history[].time', type: 'time', meaning: 'When that was signed', absent: REFUSED },
    { path: 'membership.app', type: 'text', meaning: 'The app that the leaf claims to belong to', absent: NO_MEMBERSHIP },
    { path: 'membership.name', type: 'text', meaning: 'The name that it claims', absent: NO_MEMBERSHIP },
    { path: 'membership.charter', type: 'text', meaning: 'The charter that admitted it', absent: NO_MEMBERSHIP },
    { path: 'membership.expires', type: 'time', meaning: 'Until when', absent: NO_MEMBERSHIP },
    { path: 'clockSkew', type: 'number', meaning: 'By how many seconds its clock is ahead', absent: 'where it is not told' },
  ],
};
