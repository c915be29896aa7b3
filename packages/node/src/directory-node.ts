import type { AddressInfo } from 'node:net';
import type { IdentityId } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import type { KadStatus } from '@themis-mesh/directory-kad';
import type { Mesh } from '@themis-mesh/mesh';

/** What a node says of itself. */
export interface NodeStatus extends KadStatus {
  readonly identity: IdentityId;
  readonly index: number;
  readonly address: AddressInfo;
  /** Tunnels to other nodes that are open. */
  readonly tunnels: number;
}

/** A node of the directory in this process. */
export interface DirectoryNode extends AsyncDisposable {
  /** The node's own way into the mesh. */
  readonly mesh: Mesh;
  /** The directory, asked by way of this node; for other meshes of this process, too. It ends with the node. */
  readonly directory: Directory;
  readonly address: AddressInfo;
  readonly status: NodeStatus;
  /** Hands over what it keeps, and ends. */
  close(): Promise<void>;
}
