import { ServerInterceptingCall, status, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { Channel } from '@themis-mesh/channel';
import { meaningOfRefusal, type Denied, type Judgement, type RequestHead } from '@themis-mesh/core';
import { logDecision, type Mesh } from '@themis-mesh/mesh';
import { callerStamp } from './caller-metadata.ts';
import { httpStatusOf } from './http-status.ts';

/**
 * What every call of a connection goes through, before the interceptors of the program and its handlers: whether its
 * connection still has a right to it, what the policies say of it, who calls, and the log.
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
    const end = (code: status): void => {
      open.status = httpStatusOf(code);
      open.end();
    };
    const refuse = (code: status, details: string): void => {
      call.sendStatus({ code, details, metadata: null });
      end(code);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        // Of one flight of calls the first may have cut the channel; those behind it were read all the same.
        if (!channel.isUsable()) {
          refuse(status.UNAVAILABLE, 'the connection has ended');
          return;
        }
        next({
          onReceiveMetadata: (metadata, pass) => {
            const judgement = judge(peer, new CallHead(path, metadata, announced));
            const denied = denialOf(judgement, path);
            logDecision(open, judgement.decision);
            if (denied !== undefined) {
              refuse(denied.code, denied.details);
              return;
            }
            // What `grpc-timeout` says gRPC sees to itself.
            const deadlines = metadata.get(DEADLINE_FIELD).flatMap((value) => [DEADLINE_FIELD, String(value)]);
            const turned = doorkeeper.letInStream({ fields: deadlines }, peer, open);
            if (turned !== undefined && 'status' in turned) {
              refuse(TURNED_AWAY[turned.status] ?? status.UNAVAILABLE, open.refusal ?? '');
              return;
            }
            stamp(metadata);
            pass(metadata);
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

/** What a caller may say of its patience beside `grpc-timeout`. */
const DEADLINE_FIELD = 'x-themis-deadline';

/** Why a call is turned away though it is allowed, by the status that HTTP would have. */
const TURNED_AWAY: Readonly<Record<number, status>> = {
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

interface Denial {
  readonly code: status;
  readonly details: string;
}

/** @returns undefined for a call that may be carried out */
function denialOf({ decision, path: canonical }: Judgement, path: string): Denial | undefined {
  if (!decision.allowed) return { code: codeOf(decision), details: `${decision.because}: ${meaningOfRefusal(decision.because)}` };
  // The handler was chosen by the path as it came.
  if (canonical !== path) return { code: status.INVALID_ARGUMENT, details: 'the path has another form than its canonical one' };
  return undefined;
}

function codeOf({ because }: Denied): status {
  return because.endsWith('-ambiguous') ? status.INVALID_ARGUMENT : status.PERMISSION_DENIED;
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
    return Object.entries(this.#metadata.toHttp2Headers()).flatMap(([name, value]) => {
      const values = Array.isArray(value) ? value : [value];
      return values.flatMap((one) => [name, String(one)]);
    });
  }
}
