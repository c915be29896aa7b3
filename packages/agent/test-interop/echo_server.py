"""A gRPC server of bytes: says what it hears, and who it is told calls."""
from concurrent import futures
import sys
import grpc


def unary(request, context):
    context.set_trailing_metadata((("x-seen-by", "python"),))
    if request == b"who":
        fields = dict(context.invocation_metadata())
        return str(fields.get("x-themis-caller")).encode()
    if request == b"fail":
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no money")
    if request == b"deadline":
        return str(context.time_remaining() is not None and context.time_remaining() < 60).encode()
    return request


def collect(requests, context):
    return b"".join(requests)


def repeat(request, context):
    for _ in range(3):
        yield request


def converse(requests, context):
    yield from requests


HANDLERS = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Collect": grpc.stream_unary_rpc_method_handler(collect),
    "Repeat": grpc.unary_stream_rpc_method_handler(repeat),
    "Converse": grpc.stream_stream_rpc_method_handler(converse),
}

server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", HANDLERS),))
port = server.add_insecure_port("127.0.0.1:" + (sys.argv[1] if len(sys.argv) > 1 else "0"))
server.start()
print(port, flush=True)
server.wait_for_termination()
