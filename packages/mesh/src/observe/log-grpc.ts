import type { OpenRequest } from '@themis-mesh/telemetry';
import { httpStatusOfGrpc } from '../http/grpc-status.ts';

/** Notes how a call of gRPC ended: in its own words, and in those of HTTP, by which metrics and rules go. */
export function noteGrpcStatus(open: OpenRequest, code: number): void {
  open.grpcStatus = code;
  open.status = httpStatusOfGrpc(code);
}
