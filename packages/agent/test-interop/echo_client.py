"""Makes calls of all kinds at an address, and prints what came of them as one line of JSON."""
import json
import sys
import grpc

SAID = {}
with grpc.insecure_channel(sys.argv[1]) as channel:
    unary = channel.unary_unary("/test.Echo/Unary")
    SAID["unary"] = unary(b"one", timeout=10).decode()
    SAID["who"] = unary(b"who", timeout=10, metadata=(("x-themis-caller", "owner"),)).decode()
    SAID["big"] = len(unary(b"x" * 3_000_000, timeout=20))
    SAID["collect"] = channel.stream_unary("/test.Echo/Collect")(iter([b"a", b"b", b"c"]), timeout=10).decode()
    SAID["repeat"] = [part.decode() for part in channel.unary_stream("/test.Echo/Repeat")(b"again", timeout=10)]
    SAID["converse"] = [part.decode() for part in channel.stream_stream("/test.Echo/Converse")(iter([b"x", b"y"]), timeout=10)]
    try:
        unary(b"fail", timeout=10)
    except grpc.RpcError as error:
        SAID["fail"] = [error.code().name, error.details()]
    futures = [unary.future(str(index).encode(), timeout=20) for index in range(200)]
    SAID["many"] = all(future.result() == str(index).encode() for index, future in enumerate(futures))
print(json.dumps(SAID))
