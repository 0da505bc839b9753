"""Many records, and an account of each: one side produces and says what was acknowledged, the other consumes.

    bulk.py produce BOOTSTRAP TOPIC PARTITIONS COUNT VALUE_BYTES SEED ACCOUNT key=value…    (settings of librdkafka)
    bulk.py consume BOOTSTRAP TOPIC PARTITIONS ACCOUNT key=value…

One setting is not librdkafka's: bytes.per.second, at which the producer makes records instead of as fast as they go.

An account is a file of little-endian entries: int32 partition, int64 offset, int64 number, uint32 CRC of the value. The producer writes an
entry per acknowledged record, the consumer one per record it saw. {"acked": n} lines tell how far the producer is.
"""
import json
import random
import struct
import sys
import time
import zlib

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

ENTRY = struct.Struct("<iqqI")
NUMBER = struct.Struct("<q")


def say(**what):
    print(json.dumps(what), flush=True)


def produce(bootstrap, topic, partitions, count, value_bytes, seed, account, *settings):
    partitions, count, value_bytes = int(partitions), int(count), int(value_bytes)
    settings = dict(s.split("=", 1) for s in settings)
    pace = value_bytes / float(settings.pop("bytes.per.second", "inf"))
    filler = random.Random(int(seed)).randbytes(max(value_bytes * 2, 1 << 16))
    producer = Producer({
        "bootstrap.servers": bootstrap, "acks": "all", "queue.buffering.max.messages": 200000, "linger.ms": 5,
        "message.timeout.ms": 240000, "reconnect.backoff.max.ms": 500, "socket.keepalive.enable": True, **settings})
    acked, failures = 0, []
    with open(account, "wb", buffering=1 << 20) as out:
        def delivered(error, message):
            nonlocal acked
            if error:
                failures.append(str(error))
                return
            value = message.value()
            out.write(ENTRY.pack(message.partition(), message.offset(), NUMBER.unpack_from(value)[0], zlib.crc32(value)))
            acked += 1
            if acked % 20000 == 0:
                say(acked=acked)

        started = time.monotonic()
        for number in range(count):
            while (early := started + number * pace - time.monotonic()) > 0:
                producer.poll(min(early, 0.05))
            at = number * 61 % (len(filler) - value_bytes)
            value = NUMBER.pack(number) + filler[at:at + value_bytes - NUMBER.size]
            while True:
                try:
                    producer.produce(topic, value=value, partition=number % partitions, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.05)
            if number % 100 == 0:
                producer.poll(0)
        left = producer.flush(240)
    say(acked=acked, failures=failures[:3], failed=len(failures), left=left)


def consume(bootstrap, topic, partitions, account, *settings):
    partitions = int(partitions)
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": topic + "-account", "enable.auto.commit": False, "enable.partition.eof": True,
        "fetch.wait.max.ms": 100, "check.crcs": True,
        **dict(s.split("=", 1) for s in settings)})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    ended, seen, heard = set(), 0, time.monotonic()
    with open(account, "wb", buffering=1 << 20) as out:
        while len(ended) < partitions:
            messages = consumer.consume(5000, 0.2)
            if messages:
                heard = time.monotonic()
            assert time.monotonic() - heard < 20, f"nothing for 20 s after {seen} records; partitions at their end: {sorted(ended)}"
            for message in messages:
                if message.error():
                    assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                    ended.add(message.partition())
                    continue
                value = message.value()
                out.write(ENTRY.pack(message.partition(), message.offset(), NUMBER.unpack_from(value)[0], zlib.crc32(value)))
                seen += 1
    consumer.close()
    say(consumed=seen)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
