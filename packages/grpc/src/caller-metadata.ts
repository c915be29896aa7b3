import type { Metadata } from '@grpc/grpc-js';
import type { Channel } from '@themis-mesh/channel';
import { identityFields, isIdentityField, type IdentityId } from '@themis-mesh/core';

/**
 * Makes the function that tells handlers who calls: whatever came of it from outside is taken out of the metadata, then it is
 * set.
 *
 * @param own who is called
 */
export function callerStamp(channel: Channel, own: IdentityId): (metadata: Metadata) => void {
  let stamped = { peer: channel.peer, fields: identityFields(channel.peer, own) };
  return (metadata) => {
    // What is known of a peer may grow while its channel is open.
    if (stamped.peer !== channel.peer) stamped = { peer: channel.peer, fields: identityFields(channel.peer, own) };
    for (const name of Object.keys(metadata.getMap())) if (isIdentityField(name)) metadata.remove(name);
    const { fields } = stamped;
    for (let index = 0; index + 1 < fields.length; index += 2) metadata.set(fields[index] ?? '', fields[index + 1] ?? '');
  };
}
