"""A producer that goes on at a steady rate until it gets SIGTERM, with librdkafka's defaults but for what it is told.

    steady.py BOOTSTRAP TOPIC PARTITIONS RECORDS_PER_SECOND ACCOUNT key=value…

The account is a file of little-endian entries, one an acknowledged record: int32 partition, int64 offset, int64 number, uint32 CRC of the
value, as bulk.py writes them; ACCOUNT.times has float64 seconds since 1970 for each of them. {"acked": n} lines tell how far it is.
"""
import json
import signal
import struct
import sys
import time
import zlib

from confluent_kafka import Producer

ENTRY = struct.Struct("<iqqI")
NUMBER = struct.Struct("<q")
TIME = struct.Struct("<d")


def say(**what):
    print(json.dumps(what), flush=True)


def run(bootstrap, topic, partitions, rate, account, *settings):
    partitions, pause = int(partitions), 1.0 / float(rate)
    stop, acked, failures, errors, said = [], 0, [], [], 0.0
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    producer = Producer({
        "bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 2,
        "error_cb": lambda error: errors.append(str(error)) if error.fatal() else None,
        **dict(s.split("=", 1) for s in settings)})
    with open(account, "wb", buffering=1 << 16) as out, open(account + ".times", "wb", buffering=1 << 16) as times:
        def delivered(error, message):
            nonlocal acked
            if error:
                failures.append(str(error))
                return
            value = message.value()
            out.write(ENTRY.pack(message.partition(), message.offset(), NUMBER.unpack_from(value)[0], zlib.crc32(value)))
            times.write(TIME.pack(time.time()))
            acked += 1

        number, due = 0, time.monotonic()
        while not stop and not failures:
            producer.produce(topic, value=NUMBER.pack(number) + b"x" * 100, partition=number % partitions, on_delivery=delivered)
            number, due = number + 1, due + pause
            producer.poll(max(0.0, due - time.monotonic()))
            if time.monotonic() - said > 0.1:
                said = time.monotonic()
                say(acked=acked)
        left = producer.flush(120)
    say(acked=acked, sent=number, failures=failures[:3], fatal=errors[:3], left=left)
    sys.exit(0 if acked == number and not errors else 1)


if __name__ == "__main__":
    run(*sys.argv[1:])
