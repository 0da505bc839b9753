"""Serves the test service and the append stream with grpcio for our client. Usage: server.py ECHO_DESCRIPTOR APPEND_DESCRIPTOR

Prints "port N" once it listens; ends when its standard input does.
"""
import sys
import time
from concurrent import futures

import grpc

from echo_messages import load

classes = load(sys.argv[1], sys.argv[2])
Request, Reply = classes["EchoRequest"], classes["EchoReply"]
AppendRequest, AppendReply = classes["AppendRequest"], classes["AppendReply"]
CODES = {code.value[0]: code for code in grpc.StatusCode}


def fail_if_asked(request, context):
    if request.fail_code:
        context.abort(CODES[request.fail_code], request.fail_detail)


def unary(request, context):
    time.sleep(request.delay_ms / 1000)
    fail_if_asked(request, context)
    header = dict(context.invocation_metadata()).get("x-echo", "")
    return Reply(text=request.text + header, payload=request.payload)


def server_stream(request, context):
    for i in range(request.count):
        if not context.is_active():
            return
        time.sleep(request.delay_ms / 1000)
        yield Reply(text=request.text, payload=request.payload, index=i)
    fail_if_asked(request, context)


def client_stream(requests, context):
    requests = list(requests)
    return Reply(text=",".join(r.text for r in requests), index=sum(r.count for r in requests))


def duplex(requests, context):
    for i, request in enumerate(requests):
        fail_if_asked(request, context)
        yield Reply(text=request.text, payload=request.payload, index=i)


def append(requests, context):
    for request in requests:
        reply, position = AppendReply(id=request.id), 0
        for batch in request.batches:
            # The sum of the bytes as an offset: what arrived, not only how much of it.
            payload = request.payload[position:position + batch.length]
            reply.results.add(base_offset=sum(payload), log_start_offset=batch.log_id)
            position += batch.length
        yield reply if position == len(request.payload) else AppendReply(id=request.id, error_code=56)


def handler(kind, function, request=Request, reply=Reply):
    return getattr(grpc, kind + "_rpc_method_handler")(function, request.FromString, reply.SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 32 << 20)])
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler("spillway.testing.v1.Echo", {
        "Unary": handler("unary_unary", unary),
        "ServerStream": handler("unary_stream", server_stream),
        "ClientStream": handler("stream_unary", client_stream),
        "Duplex": handler("stream_stream", duplex),
    }),
    grpc.method_handlers_generic_handler("spillway.wal.v1.WalAppend", {
        "Append": handler("stream_stream", append, AppendRequest, AppendReply),
    }),
))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print("port", port, flush=True)
sys.stdin.read()
server.stop(0)
