import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Channel } from '@themis-mesh/channel';
import { identityFields, isIdentityField, type IdentityId } from '@themis-mesh/core';

/**
 * Tells handlers who calls, in metadata: whatever came of it from outside is taken out, then it is set.
 *
 * It stands before the interceptors of the program, which see what handlers see.
 *
 * @param own who is called
 */
export function callerMetadata(channel: Channel, own: IdentityId): ServerInterceptor {
  let stamped = { peer: channel.peer, fields: identityFields(channel.peer, own) };
  const stamp = (metadata: Metadata): void => {
    // What is known of a peer may grow while its channel is open.
    if (stamped.peer !== channel.peer) stamped = { peer: channel.peer, fields: identityFields(channel.peer, own) };
    for (const name of Object.keys(metadata.getMap())) if (isIdentityField(name)) metadata.remove(name);
    const { fields } = stamped;
    for (let index = 0; index + 1 < fields.length; index += 2) metadata.set(fields[index] ?? '', fields[index + 1] ?? '');
  };
  return (_, call) => {
    const refuseLate = lateRefusal(channel, call);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        if (refuseLate()) return;
        next({
          onReceiveMetadata: (metadata, pass) => {
            stamp(metadata);
            pass(metadata);
          },
        });
      },
    });
  };
}

/** Of one flight of calls the first may have cut the channel; those behind it were read all the same. */
function lateRefusal(channel: Channel, call: ServerInterceptingCallInterface): () => boolean {
  return () => {
    if (channel.isUsable()) return false;
    call.sendStatus({ code: status.UNAVAILABLE, details: 'the connection has ended', metadata: null });
    return true;
  };
}
