import {
  Metadata,
  ServerInterceptingCall,
  status,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Channel } from '@themis-mesh/channel';
import { meaningOfRefusal, type Denied, type Judgement, type RequestHead } from '@themis-mesh/core';
import { DEADLINE_FIELD, grpcStatusOf, logDecision, noteGrpcStatus, REASON_FIELD, serveBy, type Mesh } from '@themis-mesh/mesh';
import type { RequestDeadline } from '@themis-mesh/mesh';
import { callerStamp } from './caller-metadata.ts';
import { fieldsOf } from './metadata-fields.ts';

/**
 * What every call of a connection goes through, before the interceptors of the program and its handlers: whether its
 * connection still has a right to it, what the policies say of it, whether there is room, who calls, and the log.
 *
 * @param port listened on
 */
export function callGate(mesh: Mesh, channel: Channel, port: number): ServerInterceptor {
  const stamp = callerStamp(channel, mesh.id);
  const { requests, judge, doorkeeper, port: announced = port } = mesh.channels.serving;
  return ({ path }, call) => {
    const { peer } = channel;
    const open = requests.inbound('grpc', peer, 'POST', path);
    open.port = port;
    let deadline: RequestDeadline | undefined;
    const end = (code: status): void => {
      noteGrpcStatus(open, code);
      open.end();
    };
    const refuse = ({ code, details, reason }: Refused): void => {
      const metadata = new Metadata();
      if (reason !== undefined) metadata.set(REASON_FIELD, reason);
      call.sendStatus({ code, details, metadata });
      end(code);
    };
    /** Calls that the handler makes in the mesh end with the one that it serves. */
    const serve = (run: () => void): void => {
      if (deadline === undefined) run();
      else serveBy(deadline, run);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        // Of one flight of calls the first may have cut the channel; those behind it were read all the same.
        if (!channel.isUsable()) {
          refuse({ code: status.UNAVAILABLE, details: 'the connection has ended' });
          return;
        }
        next({
          onReceiveMetadata: (metadata, pass) => {
            const judgement = judge(peer, new CallHead(path, metadata, announced));
            const denied = denialOf(judgement, path);
            logDecision(open, judgement.decision);
            if (denied !== undefined) {
              refuse(denied);
              return;
            }
            const entry = doorkeeper.letInStream({ fields: deadlineFieldsOf(metadata, call) }, peer, open);
            if (entry !== undefined && 'status' in entry) {
              refuse(turnedAway(entry.status, open.refusal));
              return;
            }
            deadline = entry;
            stamp(metadata);
            serve(() => {
              pass(metadata);
            });
          },
          onReceiveMessage: (message: unknown, pass) => {
            serve(() => {
              pass(message);
            });
          },
          onReceiveHalfClose: (pass) => {
            serve(pass);
          },
          onCancel: () => {
            end(status.CANCELLED);
          },
        });
      },
      sendStatus: (sent, next) => {
        end(sent.code ?? status.UNKNOWN);
        next(sent);
      },
    });
  };
}

interface Refused {
  readonly code: status;
  readonly details: string;
  /** The code of errors.md, where it is the mesh that cannot take the call. */
  readonly reason?: string | undefined;
}

/** @returns undefined for a call that may be carried out */
function denialOf({ decision, path: canonical }: Judgement, path: string): Refused | undefined {
  if (!decision.allowed) return { code: codeOf(decision), details: `${decision.because}: ${meaningOfRefusal(decision.because)}` };
  // The handler was chosen by the path as it came.
  if (canonical !== path) return { code: status.INVALID_ARGUMENT, details: 'the path has another form than its canonical one' };
  return undefined;
}

function codeOf({ because }: Denied): status {
  return because.endsWith('-ambiguous') ? status.INVALID_ARGUMENT : status.PERMISSION_DENIED;
}

/** A call that is turned away though it is allowed. @param httpStatus as HTTP would say it */
function turnedAway(httpStatus: number, reason: string | undefined): Refused {
  return { code: grpcStatusOf(httpStatus), details: reason ?? '', reason };
}

/** How long the caller waits, as HTTP would say it: what it says beside `grpc-timeout`, and that, which gRPC has read already. */
function deadlineFieldsOf(metadata: Metadata, call: ServerInterceptingCallInterface): string[] {
  const said = metadata.get(DEADLINE_FIELD).flatMap((value) => [DEADLINE_FIELD, String(value)]);
  const deadline = Number(call.getDeadline());
  if (deadline === Infinity) return said;
  return [...said, DEADLINE_FIELD, String(Math.max(0, Math.floor(deadline - Date.now())))];
}

/** A call as policies see requests. Its metadata are read only where a policy looks at headers. */
class CallHead implements RequestHead {
  readonly method = 'POST';
  readonly path: string;
  readonly port: number;
  readonly #metadata: Metadata;

  constructor(path: string, metadata: Metadata, port: number) {
    this.path = path;
    this.port = port;
    this.#metadata = metadata;
  }

  get headers(): readonly string[] {
    return fieldsOf(this.#metadata);
  }
}
