"""A table kept in a compacted topic, as Kafka Connect and Streams keep theirs: written, read to its end, and read again when it is small.

    compacted.py fill BOOTSTRAP TOPIC    creates the topic, writes, waits until each key has one record, goes on writing
    compacted.py read BOOTSTRAP TOPIC    reads to the end

Prints {"expected": {key: value}} (fill) and, for each isolation level, {"isolation", "table", "records", "position", "end"}.
"""
import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PATIENCE = 150
STEPS = 20


def say(**what):
    print(json.dumps(what), flush=True)


def read_to_end(bootstrap, topic, isolation):
    """Until the position is what ListOffsets says is the end: it must get there over any gap."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "none", "enable.auto.commit": False, "isolation.level": isolation,
        "auto.offset.reset": "error", "enable.partition.eof": False})
    partition = TopicPartition(topic, 0)
    start, end = consumer.get_watermark_offsets(partition, timeout=60)
    consumer.assign([TopicPartition(topic, 0, start)])
    table, records, position, deadline = {}, 0, start, time.monotonic() + PATIENCE
    while position < end:
        if time.monotonic() > deadline:
            break
        message = consumer.poll(0.2)
        if message is not None:
            if message.error():
                raise RuntimeError(str(message.error()))
            records += 1
            if message.value() is None:
                table.pop(message.key().decode(), None)
            else:
                table[message.key().decode()] = message.value().decode()
        at = consumer.position([partition])[0].offset
        position = max(position, at)
        if message is None and position < end:
            # The position is that behind the last message; where none is left before the end, only a seek shows that fetches get there.
            at_end = try_seek_to_end(consumer, partition, position, end)
            position = end if at_end else position
    consumer.close()
    return {"isolation": isolation, "table": table, "records": records, "position": position, "end": end}


def try_seek_to_end(consumer, partition, position, end):
    """librdkafka tells the end of a partition (its own fetch position reached the log's end) by an event."""
    probe = Consumer({
        "bootstrap.servers": BOOTSTRAP, "group.id": "none", "enable.auto.commit": False, "enable.partition.eof": True,
        "auto.offset.reset": "error", "isolation.level": "read_committed"})
    probe.assign([TopicPartition(partition.topic, 0, position)])
    deadline, seen = time.monotonic() + PATIENCE, None
    while time.monotonic() < deadline:
        message = probe.poll(0.2)
        if message is not None and message.error():
            seen = message.offset()
            break
        if message is not None:
            break
    probe.close()
    return seen is not None and seen >= end


def fill(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, 1, 1, config={
            "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "100"})]).values():
        future.result(60)
    plain = Producer({"bootstrap.servers": bootstrap, "compression.type": "gzip", "linger.ms": 5})
    idempotent = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4"})
    transactional = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic, "linger.ms": 5})
    transactional.init_transactions(60)
    table = {}

    def put(producer, key, value, counts=True):
        producer.produce(topic, key=key, value=value)
        if counts:
            table.pop(key, None)
            if value is not None:
                table[key] = value

    def in_transaction(commit, values):
        transactional.begin_transaction()
        for key, value in values:
            put(transactional, key, value, commit)
        transactional.flush(60)
        transactional.commit_transaction(60) if commit else transactional.abort_transaction(60)

    for step in range(STEPS):
        for producer in (plain, idempotent):
            for number in range(20):
                put(producer, f"k{number}", f"{step}-{number}")
            producer.flush(60)
        in_transaction(True, [(f"t{number}", f"{step}-{number}") for number in range(5)])
        in_transaction(False, [(f"k{number}", f"aborted-{step}") for number in range(5)])
    for number in range(5):
        put(plain, f"k{number}", None)
    plain.flush(60)
    in_transaction(False, [(f"t{number}", "aborted") for number in range(5)])

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        # The log ends with what is aborted: when that is cleaned, its last record lies before a gap. And a pass begins where something is dirty.
        put(idempotent, "last", str(time.monotonic()))
        idempotent.flush(60)
        in_transaction(False, [("t0", "aborted")])
        time.sleep(1)
        if read_to_end(bootstrap, topic, "read_uncommitted")["records"] <= len(table) + 20:
            break
    put(idempotent, "k7", "after")
    left = idempotent.flush(60)
    in_transaction(True, [("t1", "after")])
    in_transaction(False, [("t0", "aborted")])
    say(expected=table, left=left)
    show(bootstrap, topic)


def show(bootstrap, topic):
    for isolation in ("read_uncommitted", "read_committed"):
        say(**read_to_end(bootstrap, topic, isolation))


BOOTSTRAP = sys.argv[2]
{"fill": fill, "read": show}[sys.argv[1]](*sys.argv[2:])
