"""Calls our server with grpcio. Usage: client.py ECHO_DESCRIPTOR APPEND_DESCRIPTOR HOST:PORT

Prints "ok NAME" for each check; any failure ends the process with another exit code than 0.
"""
import queue
import sys

import grpc

from echo_messages import load

classes = load(sys.argv[1], sys.argv[2])
Request, Reply = classes["EchoRequest"], classes["EchoReply"]
OPTIONS = [("grpc.max_receive_message_length", 32 << 20), ("grpc.max_send_message_length", 32 << 20)]
channel = grpc.insecure_channel(sys.argv[3], options=OPTIONS)


def method(kind, name, request=Request, reply=Reply, service="spillway.testing.v1.Echo"):
    return getattr(channel, kind)(
        f"/{service}/{name}", request_serializer=request.SerializeToString, response_deserializer=reply.FromString)


unary = method("unary_unary", "Unary")
server_stream = method("unary_stream", "ServerStream")
client_stream = method("stream_unary", "ClientStream")
duplex = method("stream_stream", "Duplex")


def fails(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, error
        assert details is None or error.details() == details, error.details()
        return
    raise AssertionError("the call should have failed")


def check_unary():
    reply = unary(Request(text="größe", payload=b"\0\1\xff"))
    assert (reply.text, reply.payload) == ("größe", b"\0\1\xff")


def check_metadata():
    assert unary(Request(text="t"), metadata=[("x-echo", "+header")]).text == "t+header"


def check_empty_messages():
    assert unary(Request()) == Reply()


def check_large_messages():
    payload = b"\7" * (10 << 20)
    assert unary(Request(payload=payload)).payload == payload


def check_status_and_message():
    request = Request(fail_code=9, fail_detail="100% größer\n☃")
    fails(lambda: unary(request), grpc.StatusCode.FAILED_PRECONDITION, "100% größer\n☃")


def check_unknown_method():
    nothing = method("unary_unary", "Nothing")
    fails(lambda: nothing(Request()), grpc.StatusCode.UNIMPLEMENTED)


def check_compressed_request():
    request = Request(text="x" * 1000)
    fails(lambda: unary(request, compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)


def check_deadline():
    fails(lambda: unary(Request(delay_ms=60000), timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)


def check_cancel():
    call = server_stream(Request(count=1000000, delay_ms=1))
    next(call)
    call.cancel()
    fails(lambda: list(call), grpc.StatusCode.CANCELLED)


def check_server_stream():
    assert [reply.index for reply in server_stream(Request(count=1000))] == list(range(1000))


def check_server_stream_that_fails():
    call = server_stream(Request(count=3, fail_code=10, fail_detail="then"))
    assert [next(call).index for _ in range(3)] == [0, 1, 2]
    fails(lambda: next(call), grpc.StatusCode.ABORTED, "then")


def check_client_stream():
    reply = client_stream(Request(text=str(i), count=i) for i in range(100))
    assert (reply.text, reply.index) == (",".join(map(str, range(100))), 4950)


def check_duplex_ping_pong():
    requests = queue.Queue()
    requests.put(Request(text="ping"))
    seen = 0
    for reply in duplex(iter(requests.get, None)):
        assert reply.index == seen
        seen += 1
        requests.put(Request(text="ping") if seen < 50 else None)
    assert seen == 50


def check_append_stream():
    append = method("stream_stream", "Append", classes["AppendRequest"], classes["AppendReply"], "spillway.wal.v1.WalAppend")
    batch = classes["AppendBatch"]
    requests = [
        classes["AppendRequest"](
            id=i, transactional_id="tx", transaction_version=2,
            batches=[batch(log_id=7, length=3), batch(log_id=2**40, length=100000)],
            payload=b"\1\2\3" + bytes([i]) * 100000)
        for i in range(1, 21)]
    replies = list(append(iter(requests)))
    assert [reply.id for reply in replies] == list(range(1, 21))
    assert [[result.base_offset for result in reply.results] for reply in replies] == [[i, i] for i in range(20)]


for name, check in list(globals().items()):
    if name.startswith("check_"):
        check()
        print("ok", name.removeprefix("check_"), flush=True)
