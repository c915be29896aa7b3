import type { ChannelCredentials, ServerOptions } from '@grpc/grpc-js';
import type { Mesh } from '@themis-mesh/mesh';
import { MeshCredentials } from './mesh-credentials.ts';
import { MeshGrpcServer } from './mesh-grpc-server.ts';
import { registerMeshResolver, SCHEME } from './mesh-resolver.ts';
import { Routes } from './routes.ts';

/** The clients and servers of `@grpc/grpc-js` in a mesh. */
export interface MeshGrpc {
  /** For any client of gRPC, together with a {@link target}. They hold no key: each connection takes the leaf of the moment. */
  readonly credentials: ChannelCredentials;
  /** The target that leads to a service: `new Client(grpc.target('payments'), grpc.credentials)`. @throws TypeError */
  target(service: string): string;
  /** As `new Server()`; it is bound by `listen`. */
  createServer(options?: ServerOptions): MeshGrpcServer;
}

/** Opens a mesh to gRPC. Clients are to be closed before the mesh is, which otherwise waits for their connections. */
export function meshGrpc(mesh: Mesh): MeshGrpc {
  registerMeshResolver();
  const routes = new Routes(mesh.channels);
  return {
    credentials: new MeshCredentials(routes),
    target: (service) => {
      routes.to(service);
      return `${SCHEME}://${routes.name}/${service}`;
    },
    createServer: (options) => new MeshGrpcServer(mesh, options),
  };
}
