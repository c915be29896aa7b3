import { anchorJson, anchorShape, type Anchor } from '../app/anchor.ts';
import { ServiceName } from '../app/name.ts';
import { fromBase64url, toBase64url } from '../encoding/base64url.ts';
import { canonicalJson, parseCanonicalJson, type Json } from '../encoding/canonical-json.ts';
import { sha256 } from '../encoding/sha256.ts';
import { array, literal, object, optional, ShapeError, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { checkHost, hostShape, portShape, type Address } from '../record/address.ts';
import { AdmissionToken } from './token.ts';

/** Where to knock, and the identity that has to prove itself there. */
export interface DoorAddress extends Address {
  readonly id: IdentityId;
}

/** Where a node of the directory can be asked. */
export interface NodeAddress extends Address {
  readonly id?: IdentityId;
}

/** What an invite says. */
export interface InviteContents {
  /** What is pinned of the app. */
  readonly anchor: Anchor;
  /** The one to try first comes first. */
  readonly doors: readonly DoorAddress[];
  /** Whom to ask for news of the app afterwards. */
  readonly nodes?: readonly NodeAddress[];
  /** The name to be admitted under. */
  readonly name?: ServiceName;
  /** Admits once, with nobody asked: whoever has it has that. */
  readonly token?: AdmissionToken;
  /** Until when it is of use. Seconds since 1970. */
  readonly exp?: number;
}

/** The most characters that an invite takes. */
export const MAX_INVITE_CHARACTERS = 8192;

/** The most doors, and the most nodes, that an invite names. */
export const MAX_INVITE_ADDRESSES = 16;

const PREFIX = 'themis1.';

/** `themis1.`, the payload, and what tells a slip of copying: the first 6 bytes of the payload's SHA-256. */
const FORM = /^themis1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{8})$/;

interface Claims extends InviteContents {
  readonly v: 1;
}

const doorFields = object<DoorAddress>({ host: hostShape, port: portShape, id: IdentityId.shape });
const nodeFields = object<NodeAddress>({ host: hostShape, port: portShape, id: optional(IdentityId.shape) });
const doorShape: Shape<DoorAddress> = (value, path) => checkHost(doorFields(value, path), path);
const nodeShape: Shape<NodeAddress> = (value, path) => checkHost(nodeFields(value, path), path);

const shape = object<Claims>({
  v: literal(1),
  anchor: anchorShape,
  doors: array(doorShape, { min: 1, max: MAX_INVITE_ADDRESSES }),
  nodes: optional(array(nodeShape, { min: 1, max: MAX_INVITE_ADDRESSES })),
  name: optional(ServiceName.shape),
  token: optional(AdmissionToken.shape),
  exp: optional(time),
});

/**
 * All that another machine needs to join an app, as one string: what to pin, where to knock and who answers there, and where
 * wanted a one-time token. With a token in it, it is a secret.
 *
 * It is not signed: what it pins is believed because of the way that it came.
 */
export class Invite {
  // Private, so that no dump of an object shows the token in it.
  readonly #contents: InviteContents;

  private constructor(contents: InviteContents) {
    this.#contents = contents;
  }

  /** @throws TypeError where it would not be read back: a host in another spelling, too many addresses */
  static of(contents: InviteContents): Invite {
    const invite = new Invite(contents);
    const read = Invite.parse(invite.text);
    if (!read.ok) throw new TypeError(`no invite: ${read.refusal.detail}`);
    return read.value;
  }

  /** @param text as it was given; what stands around it, such as a line's end, is for the caller to take off */
  static parse(text: string): Verdict<Invite> {
    if (text.length > MAX_INVITE_CHARACTERS) return refuse('invite-too-large', `at most ${MAX_INVITE_CHARACTERS} characters`);
    const [, payload = '', check = ''] = FORM.exec(text) ?? [];
    const bytes = fromBase64url(payload);
    if (bytes === undefined || bytes.length === 0) return refuse('invite-malformed', `not ${PREFIX}PAYLOAD.CHECK`);
    if (checkOf(bytes) !== check) return refuse('invite-malformed', 'a character is missing or changed');
    const json = parseCanonicalJson(bytes);
    return json === undefined ? refuse('invite-malformed', 'not in RFC 8785 form') : readContents(json);

    function readContents(value: Json): Verdict<Invite> {
      try {
        const { v: _, ...contents } = shape(value, '');
        return accept(new Invite(Object.freeze(contents)));
      } catch (error) {
        // The error names a field and what was wanted there, never what was found.
        if (error instanceof ShapeError) return refuse('invite-malformed', error.message);
        throw error;
      }
    }
  }

  /** Whether a text is meant to be an invite, good or not. */
  static isMeant(text: string): boolean {
    return /^themis\d+\./.test(text);
  }

  get anchor(): Anchor {
    return this.#contents.anchor;
  }

  get doors(): readonly DoorAddress[] {
    return this.#contents.doors;
  }

  get nodes(): readonly NodeAddress[] {
    return this.#contents.nodes ?? [];
  }

  get name(): ServiceName | undefined {
    return this.#contents.name;
  }

  get token(): AdmissionToken | undefined {
    return this.#contents.token;
  }

  /** Seconds since 1970. */
  get exp(): number | undefined {
    return this.#contents.exp;
  }

  /** The string that is handed on. */
  get text(): string {
    const { anchor, doors, nodes, name, token, exp } = this.#contents;
    const json: Json = {
      v: 1,
      anchor: anchorJson(anchor),
      doors: doors.map(({ host, port, id }) => ({ host, port, id })),
      ...(nodes === undefined ? {} : { nodes: nodes.map(nodeJson) }),
      ...(name === undefined ? {} : { name }),
      ...(token === undefined ? {} : { token }),
      ...(exp === undefined ? {} : { exp }),
    };
    const bytes = Buffer.from(canonicalJson(json));
    return `${PREFIX}${toBase64url(bytes)}.${checkOf(bytes)}`;
  }
}

function nodeJson({ host, port, id }: NodeAddress): Json {
  return { host, port, ...(id === undefined ? {} : { id }) };
}

function checkOf(bytes: Uint8Array): string {
  return toBase64url(sha256(bytes).subarray(0, 6));
}
