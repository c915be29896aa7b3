import { Metadata, status, type experimental, type StatusObject } from '@grpc/grpc-js';
import { ThemisError } from '@themis-mesh/core';
import { DEADLINE_FIELD, grpcStatusOf, noteGrpcStatus, RETRY_FIELD } from '@themis-mesh/mesh';
import type { Guided } from './guided.ts';

/** Stands beside one call from its beginning to its end, whatever becomes of it. */
export class CallFilter implements experimental.Filter {
  readonly #guided: Guided;
  readonly #onOver: () => void;

  /** @param onOver is called once */
  constructor(guided: Guided, onOver: () => void) {
    this.#guided = guided;
    this.#onOver = onOver;
  }

  /** Holds the call until it may be sent. @throws StatusObject, as gRPC wants it */
  sendMetadata(metadata: Promise<Metadata>): Promise<Metadata> {
    return metadata.then((sent) => {
      // They are for the mesh; what is left of the time gRPC says in a field of its own.
      sent.remove(RETRY_FIELD);
      sent.remove(DEADLINE_FIELD);
      return this.#held(sent);
    });
  }

  receiveMetadata(metadata: Metadata): Metadata {
    this.#guided.answered();
    return metadata;
  }

  sendMessage<T>(message: Promise<T>): Promise<T> {
    return message;
  }

  receiveMessage(message: Promise<Buffer>): Promise<Buffer> {
    return message;
  }

  /** Called by gRPC at every end. */
  receiveTrailers(last: StatusObject): StatusObject {
    const { call } = this.#guided;
    noteGrpcStatus(call.open, last.code);
    call.over();
    this.#onOver();
    return last;
  }

  #held(sent: Metadata): Metadata | Promise<Metadata> {
    const { call } = this.#guided;
    try {
      const wait = call.ready();
      if (wait === undefined) return call.injected === undefined ? sent : refused(injected(call.injected));
      return wait.then(
        () => (call.injected === undefined ? sent : refused(injected(call.injected))),
        (error: unknown) => refused(statusOf(error)),
      );
    } catch (error) {
      return refused(statusOf(error));
    }
  }
}

function refused(why: StatusObject): Promise<never> {
  // What gRPC expects of a filter is a status and no error.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- see above
  return Promise.reject(why);
}

function injected(httpStatus: number): StatusObject {
  return ended(grpcStatusOf(httpStatus), 'THEMIS_FAULT_INJECTED');
}

function statusOf(error: unknown): StatusObject {
  if (ThemisError.is(error, 'THEMIS_DEADLINE_PASSED')) return ended(status.DEADLINE_EXCEEDED, error.message);
  if (ThemisError.is(error, 'THEMIS_TOO_MANY_CALLS')) return ended(status.RESOURCE_EXHAUSTED, error.message);
  // The call has ended while it waited, and nobody reads this.
  return ended(status.CANCELLED, '');
}

function ended(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() };
}
