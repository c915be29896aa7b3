/** Which status of HTTP says the same as one of gRPC (google/rpc/code.proto), by its number. */
const HTTP_STATUS: readonly number[] = [
  200, // OK
  499, // CANCELLED
  500, // UNKNOWN
  400, // INVALID_ARGUMENT
  504, // DEADLINE_EXCEEDED
  404, // NOT_FOUND
  409, // ALREADY_EXISTS
  403, // PERMISSION_DENIED
  429, // RESOURCE_EXHAUSTED
  400, // FAILED_PRECONDITION
  409, // ABORTED
  400, // OUT_OF_RANGE
  501, // UNIMPLEMENTED
  500, // INTERNAL
  503, // UNAVAILABLE
  500, // DATA_LOSS
  401, // UNAUTHENTICATED
];

/** Where several of gRPC mean one of HTTP, or none does. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  407: 16,
  409: 10,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  502: 14,
  503: 14,
  504: 4,
};

/** As logs, metrics and rules have it. @param code whatever somebody gave */
export function httpStatusOfGrpc(code: number | undefined): number {
  return (code === undefined ? undefined : HTTP_STATUS[code]) ?? 500;
}

/** What a caller that speaks gRPC is told in the place of a status of HTTP: 2, UNKNOWN, for one that means nothing to it. */
export function grpcStatusOf(status: number): number {
  return GRPC_STATUS[status] ?? 2;
}

/** Whether a body is one of gRPC, by its `content-type` (gRPC over HTTP2, "Requests"). */
export function isGrpc(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^application\/grpc(?:[+;]|$)/i.test(contentType);
}

/** @param field `grpc-status` as it stands among trailers. @returns undefined for what is none */
export function parseGrpcStatus(field: unknown): number | undefined {
  const text = Array.isArray(field) ? (field as readonly unknown[])[0] : field;
  if (typeof text !== 'string' && typeof text !== 'number') return undefined;
  return /^\d{1,2}$/.test(String(text)) ? Number(text) : undefined;
}
