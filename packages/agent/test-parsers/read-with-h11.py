"""Reads requests as h11 does. A line in: the bytes of one connection in base64. A line out: JSON, what was read."""

import base64
import json
import sys

import h11


def read(data):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
    connection.receive_data(data)
    connection.receive_data(b"")
    requests = []
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                fields = [part.decode("latin1") for pair in event.headers for part in pair]
                requests.append(
                    {
                        "method": event.method.decode("latin1"),
                        "target": event.target.decode("latin1"),
                        "fields": fields,
                        "body": "",
                        "trailers": [],
                    }
                )
            elif isinstance(event, h11.Data):
                requests[-1]["body"] += event.data.decode("latin1")
            elif isinstance(event, h11.EndOfMessage):
                requests[-1]["trailers"] = [part.decode("latin1") for pair in event.headers for part in pair]
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return {"requests": requests}
                connection.start_next_cycle()
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED or event is h11.NEED_DATA:
                return {"requests": requests}
    except h11.RemoteProtocolError as error:
        return {"requests": requests, "error": str(error)}


for line in sys.stdin:
    print(json.dumps(read(base64.b64decode(line))), flush=True)
