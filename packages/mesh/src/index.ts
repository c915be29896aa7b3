export { join } from './join.ts';
export type { JoinOptions, PolicyOptions } from './join-options.ts';
export type { Mesh, MeshEvents } from './mesh.ts';
export type { MeshFetch } from './http/fetch.ts';
export { MeshServer } from './http/mesh-server.ts';
export type { AnswerMessage, MeshRequest, MeshResponse } from './http/message.ts';
export { MeshTcpServer, type ConnectionListener } from './tcp/tcp-server.ts';
export { MESH_SUFFIX, serviceOfHost } from './find/mesh-name.ts';
export { environmentHome, environmentSealing } from './environment.ts';
