export { meshGrpc, type MeshGrpc } from './mesh-grpc.ts';
export { MeshGrpcServer } from './mesh-grpc-server.ts';
