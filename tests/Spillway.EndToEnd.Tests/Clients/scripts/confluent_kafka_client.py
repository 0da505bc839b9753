"""Drives confluent-kafka (librdkafka). See README.md."""
import json
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

DEADLINE = 90


def say(**what):
    print(json.dumps(what), flush=True)


def produce(bootstrap, topic, items, **config):
    failures = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", **config})
    for key, value in items:
        producer.produce(topic, key=key, value=value, on_delivery=lambda e, m: failures.append(str(e)) if e else None)
        producer.poll(0)
    left = producer.flush(DEADLINE)
    assert not failures and left == 0, f"{left} not delivered, failures: {failures[:3]}"


def consumer(bootstrap, group, protocol="classic", **config):
    # The consumer protocol (KIP-848) has its times from the broker; old libraries know no other than the classic one.
    times = {"session.timeout.ms": 10000, "heartbeat.interval.ms": 500} if protocol == "classic" else {"group.protocol": protocol}
    return Consumer({
        "bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "fetch.wait.max.ms": 100, **times, **config})


def value_of(codec, i):
    return f"v-{codec}-{i}-" + "x" * (i % 300)


def create(bootstrap, topic, partitions):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(topic, int(partitions), 1, config={"retention.ms": "3600000"})])
    made[topic].result(30)
    metadata = admin.list_topics(timeout=30)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    configs = admin.describe_configs([resource])[resource].result(30)
    say(topics=list(metadata.topics), partitions=len(metadata.topics[topic].partitions), retention=configs["retention.ms"].value)


def roundtrip(bootstrap, topic, codec, count):
    count = int(count)
    produce(bootstrap, topic, [(f"k-{i}", value_of(codec, i)) for i in range(count)],
            **{"compression.type": codec, "linger.ms": 20, "enable.idempotence": True})
    reader = consumer(bootstrap, topic + "-reader")
    partitions = reader.list_topics(topic, timeout=30).topics[topic].partitions
    reader.assign([TopicPartition(topic, p, 0) for p in partitions])
    end, seen = time.monotonic() + DEADLINE, 0
    while seen < count and time.monotonic() < end:
        message = reader.poll(1)
        if message is not None:
            assert not message.error(), message.error()
            say(p=message.partition(), o=message.offset(), k=message.key().decode(), v=message.value().decode())
            seen += 1
    reader.close()


class Member(threading.Thread):
    def __init__(self, bootstrap, group, topic, values, protocol="classic"):
        super().__init__(daemon=True)
        self.consumer = consumer(bootstrap, group, protocol)
        self.topic, self.values, self.stopping = topic, values, False
        self.owned = []
        self.start()

    def run(self):
        self.consumer.subscribe([self.topic])
        while not self.stopping:
            message = self.consumer.poll(0.1)
            self.owned = sorted(p.partition for p in self.consumer.assignment())
            if message is not None and not message.error():
                self.values.append(message.value().decode())
                self.consumer.commit(message, asynchronous=False)
        self.consumer.close()

    def leave(self):
        self.stopping = True
        self.join(30)


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def shared(members, partitions):
    owned = [m.owned for m in members]
    return all(owned) and sorted(p for o in owned for p in o) == list(range(partitions))


def group(bootstrap, topic, group_id, count, protocol="classic"):
    count, values = int(count), []
    partitions = len(Producer({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=30).topics[topic].partitions)
    members = [Member(bootstrap, group_id, topic, values, protocol) for _ in range(3)]
    until(lambda: shared(members, partitions), f"three share: {[m.owned for m in members]}")
    three = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    until(lambda: len(set(values)) == count, f"all consumed by three: {len(set(values))}")
    leaver = members.pop()
    leaver.leave()
    until(lambda: shared(members, partitions), f"two share: {[m.owned for m in members]}")
    two = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count, 2 * count)])
    until(lambda: len(set(values)) == 2 * count, f"all consumed by two: {len(set(values))}")
    for member in members:
        member.leave()
    say(three=three, two=two, values=values)


def take(bootstrap, topic, group_id, count):
    member, values, end = consumer(bootstrap, group_id), [], time.monotonic() + DEADLINE
    member.subscribe([topic])
    while len(values) < count and time.monotonic() < end:
        message = member.poll(1)
        if message is not None and not message.error():
            values.append(message.value().decode())
            member.commit(message, asynchronous=False)
    member.close()
    return values


def resume(bootstrap, topic, group_id, count):
    count = int(count)
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    first = take(bootstrap, topic, group_id, count // 2)
    say(first=first, second=take(bootstrap, topic, group_id, count - count // 2))


def describe(bootstrap, topic, group_id):
    member = Member(bootstrap, group_id, topic, [])
    until(lambda: member.owned, "joined")
    admin = AdminClient({"bootstrap.servers": bootstrap})
    groups = {g.id: g for g in admin.list_groups(timeout=30)}
    found = groups[group_id]
    say(groups=list(groups), state=found.state, members=len(found.members))
    member.leave()


class CooperativeMember(threading.Thread):
    """Gives up only what others are to get (KIP-429); commits each record before it takes the next."""

    def __init__(self, bootstrap, group, topic, values):
        super().__init__(daemon=True)
        self.consumer = consumer(bootstrap, group, **{"partition.assignment.strategy": "cooperative-sticky"})
        self.values, self.stopping, self.given, self.taken, self.lost, self.failures = values, False, [], [], [], []
        self.consumer.subscribe(
            [topic],
            on_assign=lambda _, partitions: self.given.append(sorted(p.partition for p in partitions)),
            on_revoke=lambda _, partitions: self.taken.append(sorted(p.partition for p in partitions)),
            on_lost=lambda _, partitions: self.lost.append(sorted(p.partition for p in partitions)))
        self.owned = []
        self.start()

    def run(self):
        try:
            while not self.stopping:
                message = self.consumer.poll(0.1)
                self.owned = sorted(p.partition for p in self.consumer.assignment())
                if message is not None and not message.error():
                    self.values.append(message.value().decode())
                    self.consumer.commit(message, asynchronous=False)
            self.consumer.close()
        except Exception as failure:
            self.failures.append(str(failure))

    def leave(self):
        self.stopping = True
        self.join(30)


def cooperative(bootstrap, topic, group_id, count):
    count, values, members, steps = int(count), [], [], []
    partitions = len(Producer({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=30).topics[topic].partitions)
    for joined in range(3):
        members.append(CooperativeMember(bootstrap, group_id, topic, values))
        until(lambda: shared(members, partitions), f"{joined + 1} share: {[m.owned for m in members]}")
        steps.append([m.owned for m in members])
        produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(joined * count, (joined + 1) * count)])
        until(lambda: len(set(values)) == (joined + 1) * count, f"all consumed by {joined + 1}: {len(set(values))}")
    members[1].leave()
    rest = [members[0], members[2]]
    until(lambda: shared(rest, partitions), f"two share: {[m.owned for m in rest]}")
    steps.append([m.owned for m in rest])
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(3 * count, 4 * count)])
    until(lambda: len(set(values)) == 4 * count, f"all consumed in the end: {len(set(values))}")
    revoked = [sum(m.taken, []) for m in rest]
    for member in rest:
        member.leave()
    say(steps=steps, revoked=revoked, lost=[m.lost for m in members], failures=sum((m.failures for m in members), []), values=values)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
