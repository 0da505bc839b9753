"""librdkafka under faults: one idempotent producer with default retries, one consumer, and a history of both (tests/Spillway.History/README.md).

    librdkafka_worker.py BOOTSTRAP HISTORY PROCESS SENDS_PER_SECOND TOPIC=PARTITIONS… [-- key=value…]

Works until SIGTERM, then gives what is under way PATIENCE seconds. It prints {"acked": n, "longest_gap": s} once a second. What librdkafka calls
fatal is written as such and ends the worker.
"""
import json
import os
import random
import signal
import struct
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

NUMBER = struct.Struct(">q")
VALUE_BITS = 36
OUTSTANDING_MAX = 1000
PATIENCE = 20


class History:
    """Lines in the order of the calls, with the time of the call."""

    def __init__(self, path, process):
        self.file, self.process, self.lock = open(path, "w", buffering=1 << 16), process, threading.Lock()

    def write(self, outcome, operation, number=0, steps=(), **more):
        with self.lock:
            line = {"t": outcome, "f": operation, "p": self.process, "i": number,
                    "w": time.time_ns() // 1000, "m": time.monotonic_ns() // 1000, **more}
            if steps:
                line["s"] = steps
            self.file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def close(self):
        with self.lock:
            self.file.close()


def step(kind, topic, partition, *runs):
    return {"f": kind, "k": f"{topic}-{partition}", "r": [list(run) for run in runs]}


class Worker:
    def __init__(self, bootstrap, history, process, rate, topics, settings):
        self.history, self.process, self.rate = history, process, rate
        self.partitions = [(topic, p) for topic, count in topics for p in range(count)]
        self.stop, self.random = threading.Event(), random.Random(process)
        self.next_value, self.next_id = process << VALUE_BITS, 0
        self.outstanding, self.acked, self.last_ack, self.longest_gap = 0, 0, time.monotonic(), 0.0
        self.fatal = None
        common = {"bootstrap.servers": bootstrap, "client.id": f"zone=a;librdkafka-{process}", "error_cb": self.on_error}
        self.producer = Producer({**common, "enable.idempotence": True, "acks": "all", "linger.ms": 5, **settings})
        self.consumer = Consumer({
            **common, "group.id": f"librdkafka-{process}", "enable.auto.commit": False, "auto.offset.reset": "error",
            "isolation.level": "read_committed", "check.crcs": True, "fetch.wait.max.ms": 250})

    def on_error(self, error):
        if error.fatal():
            self.end(f"{error.name()} {error.str()}")

    def end(self, reason):
        if self.fatal is None:
            self.fatal = reason
            self.history.write("info", "fatal", x=reason)
            self.stop.set()

    def send(self):
        topic, partition = self.random.choice(self.partitions)
        value, number = self.next_value, self.next_id
        self.next_value, self.next_id = value + 1, number + 1
        self.history.write("invoke", "send", number, [step("send", topic, partition, (-1, value, 1))])
        self.outstanding += 1

        def delivered(error, message):
            self.outstanding -= 1
            if error is None:
                now = time.monotonic()
                self.longest_gap, self.last_ack = max(self.longest_gap, now - self.last_ack), now
                self.acked += 1
                # librdkafka has no offset for what the broker called a duplicate.
                offset = message.offset() if message.offset() is not None and message.offset() >= 0 else -1
                self.history.write("ok", "send", number, [step("send", topic, partition, (offset, value, 1))])
            else:
                name = "timeout" if error.code() in (KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT) else error.name()
                self.history.write("info", "send", number, [step("send", topic, partition, (-1, value, 1))], e=name)

        payload = NUMBER.pack(value) + self.random.randbytes(self.random.randrange(200))
        self.producer.produce(topic, value=payload, partition=partition, on_delivery=delivered)

    def produce(self):
        interval, due = 1.0 / self.rate, time.monotonic()
        said = due
        while not self.stop.is_set():
            now = time.monotonic()
            while due <= now and self.outstanding < OUTSTANDING_MAX:
                try:
                    self.send()
                except BufferError:
                    break
                due += interval
            due = max(due, now - 0.5)
            self.producer.poll(min(0.05, max(0.0, due - now)))
            if now - said >= 1:
                said = now
                self.say()
        self.producer.flush(PATIENCE)
        self.say()

    def say(self):
        gap = max(self.longest_gap, time.monotonic() - self.last_ack if self.outstanding else 0)
        print(json.dumps({"acked": self.acked, "outstanding": self.outstanding, "longest_gap": round(gap, 3)}), flush=True)

    def consume(self):
        self.history.write("ok", "assign", 0, [step("position", topic, partition, (0, 0, 1)) for topic, partition in self.partitions])
        self.consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in self.partitions])
        number = 1 << 32
        while not self.stop.is_set():
            number += 1
            self.history.write("invoke", "poll", number)
            runs = {}
            for message in self.consumer.consume(500, 0.25):
                if message.error():
                    self.consumer_error(message.error())
                    continue
                at = runs.setdefault((message.topic(), message.partition()), [])
                offset, value = message.offset(), NUMBER.unpack_from(message.value())[0]
                if at and at[-1][0] + at[-1][2] == offset and at[-1][1] + at[-1][2] == value:
                    at[-1][2] += 1
                else:
                    at.append([offset, value, 1])
            self.history.write("ok", "poll", number, [step("poll", *key, *run) for key, run in runs.items()])
        self.consumer.close()

    def consumer_error(self, error):
        if error.fatal():
            self.end(f"consumer: {error.name()} {error.str()}")
        elif not error.code() < 0:
            self.history.write("info", "note", e=error.name(), x=error.str())

    def run(self):
        self.history.write("ok", "open", c={"i": True, "d": False, "c": True})
        consuming = threading.Thread(target=self.consume)
        consuming.start()
        self.produce()
        self.stop.set()
        consuming.join()


def main():
    arguments, settings = sys.argv[1:], {}
    if "--" in arguments:
        at = arguments.index("--")
        settings = dict(setting.split("=", 1) for setting in arguments[at + 1:])
        arguments = arguments[:at]
    bootstrap, path, process, rate, *topics = arguments
    history = History(path, int(process))
    topics = [(topic, int(count)) for topic, count in (t.split("=") for t in topics)]
    worker = Worker(bootstrap, history, int(process), float(rate), topics, settings)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop.set())
    worker.run()
    history.close()
    # No wait for librdkafka's threads: what it could not send is unknown either way.
    sys.stdout.flush()
    os._exit(1 if worker.fatal else 0)


main()
