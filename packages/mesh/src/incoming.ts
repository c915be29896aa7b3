import type { Decision, IdentityId, Judgement, Peer, Policy, RequestHead } from '@themis-mesh/core';
import type { Authenticator, RefusedConnection } from '@themis-mesh/channel';
import type { Announcer } from './announcer.ts';
import { notesJson } from './find/instance-traits.ts';
import type { Ground } from './ground.ts';
import { Doorkeeper } from './http/server/doorkeeper.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { Observation } from './observe/observation.ts';
import type { ResolvedOptions } from './read-options.ts';
import { Admission } from './world/admission.ts';
import { Listeners } from './world/listeners.ts';
import type { Listen } from './world/listening.ts';
import { Presence } from './world/presence.ts';

export interface IncomingOptions {
  readonly ground: Ground;
  readonly credentials: RotatingCredentials;
  readonly options: ResolvedOptions;
  readonly announcer: Announcer;
  readonly authenticator: Authenticator;
  readonly observation?: Observation;
  /** Hears why somebody was refused: news may turn it. */
  readonly onRefused: (refused: RefusedConnection) => void;
}

/** The others' way to a process: where it listens, who knows of it, and who may connect. */
export class Incoming implements AsyncDisposable {
  /** Lets requests in, of all servers of the process together. */
  readonly doorkeeper: Doorkeeper = new Doorkeeper();
  readonly #presence: Presence;
  readonly #admission: Admission;
  readonly #listeners: Listeners;
  readonly #announcer: Announcer;

  constructor({ ground, credentials, options, announcer, authenticator, observation, onRefused }: IncomingOptions) {
    const { app, identity, trust, directory } = ground;
    const { name, instance, clock, limits, advertise, zone, labels, weight } = options;
    this.#announcer = announcer;
    this.#presence = new Presence({
      ...{ app, id: identity.id, name, instance, directory, credentials, clock },
      history: () => identity.history,
      notes: { zone, ext: notesJson({ labels, weight }) },
      onFailure: (error) => announcer.tell('directory-failed', { error }),
    });
    this.#admission = new Admission(name, () => trust.app.charter, options.policy);
    const tell = (refused: RefusedConnection): void => {
      announcer.tell('refused', refused);
      onRefused(refused);
    };
    const base = { credentials, authenticator, authorize: this.#admission.authorize, onRefused: tell, limits };
    this.#listeners = new Listeners({
      ...{ base, presence: this.#presence, clock, advertise, onOpen: observation?.opened.inbound },
      authorizeStream: (peer, port) => this.#admission.authorizeStream(peer, options.port ?? port),
    });
  }

  get listen(): Listen {
    return this.#listeners.listen;
  }

  /** What is to become of a request; whoever listens is told of what is refused, or would have been. */
  readonly judgeRequest = (peer: Peer, request: RequestHead): Judgement => {
    const judgement = this.#admission.judgeRequest(peer, request);
    const { decision, path, detail } = judgement;
    if (decision.allowed && decision.audit === undefined) return judgement;
    const told = { peer, method: request.method, path, ...(detail === undefined ? {} : { detail }) };
    if (!decision.allowed) this.#announcer.tell('request-refused', { ...told, decision });
    else if (decision.audit !== undefined) this.#announcer.tell('request-audited', { ...told, decision, audit: decision.audit });
    return judgement;
  };

  /** Whether a peer may open a raw stream. */
  judgeStream(peer: Peer, port: number | undefined): Decision {
    return this.#admission.judgeStream(peer, port);
  }

  set policy(policy: Policy | undefined) {
    this.#admission.policy = policy;
    this.judgeAgain();
  }

  /** With whom connections are open. */
  *peers(): Iterable<IdentityId> {
    for (const { peer } of this.#listeners.channels) yield peer.id;
  }

  judgeAgain(): void {
    this.#listeners.judgeAgain();
  }

  /** Tells the directory, lets what is under way end, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listeners.close();
    this.#presence[Symbol.dispose]();
  }
}
