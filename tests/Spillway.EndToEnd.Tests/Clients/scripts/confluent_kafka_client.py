"""Drives confluent-kafka (librdkafka). See README.md."""
import json
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

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


def admin(bootstrap, topic):
    client = AdminClient({"bootstrap.servers": bootstrap})

    def code(futures):
        try:
            for future in futures.values():
                future.result(30)
            return 0
        except KafkaException as e:
            return e.args[0].code()

    def create(name, partitions, replicas, **configs):
        return code(client.create_topics([NewTopic(name, partitions, replicas, config=configs)]))

    def alter(configs):
        return code(client.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=configs)]))

    def describe(kind, name):
        resource = ConfigResource(kind, name)
        return client.describe_configs([resource])[resource].result(30)

    errors = dict(
        created=create(topic, 3, 1, **{"retention.ms": "3600000"}),
        again=create(topic, 3, 1),
        badConfig=create(topic + "-bad", 1, 1, **{"retention.ms": "soon"}),
        tooManyReplicas=create(topic + "-bad", 1, 100),
        grown=code(client.create_partitions([NewPartitions(topic, 5)])),
        shrunk=code(client.create_partitions([NewPartitions(topic, 2)])),
        altered=alter({"segment.ms": "60000"}),
        unknownConfig=alter({"no.such.config": "1"}))
    configs = describe(ConfigResource.Type.TOPIC, topic)
    metadata = client.list_topics(timeout=30)
    broker = describe(ConfigResource.Type.BROKER, str(next(iter(metadata.brokers))))
    partitions = len(metadata.topics[topic].partitions)
    code(client.delete_topics([topic]))
    say(**errors, partitions=partitions, retention=configs["retention.ms"].value, segment=configs["segment.ms"].value,
        readOnly=bool(broker["num.partitions"].is_read_only), dynamic=not broker["message.max.bytes"].is_read_only,
        topics=list(client.list_topics(timeout=30).topics))


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


def transactional(bootstrap, transactional_id, **config):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "linger.ms": 5, **config})
    producer.init_transactions(30)
    return producer


def send(producer, topic, values):
    for i, value in enumerate(values):
        producer.produce(topic, key=f"k-{i}", value=value)


def transactions(bootstrap, topic, count):
    producer = transactional(bootstrap, topic)
    for prefix, commits in (("c", True), ("a", False), ("d", True), ("e", False)):
        producer.begin_transaction()
        send(producer, topic, [f"{prefix}-{i}" for i in range(int(count))])
        if commits:
            producer.commit_transaction(30)
        else:
            # What is in the queue of a client that aborts is never sent.
            producer.flush(30)
            producer.abort_transaction(30)


def read(bootstrap, topic, isolation):
    """Everything up to the end that a consumer of that isolation level is told, and where the consumer stands then."""
    reader = consumer(bootstrap, topic + "-reader", **{"isolation.level": "read_" + isolation, "enable.partition.eof": True})
    partitions = reader.list_topics(topic, timeout=30).topics[topic].partitions
    reader.assign([TopicPartition(topic, p, 0) for p in partitions])
    values, ended, end = [], set(), time.monotonic() + DEADLINE
    while len(ended) < len(partitions) and time.monotonic() < end:
        message = reader.poll(1)
        if message is not None and message.error():
            assert message.error().name() == "_PARTITION_EOF", message.error()
            ended.add(message.partition())
        elif message is not None:
            values.append([message.partition(), message.value().decode()])
    positions = {p.partition: p.offset for p in reader.position([TopicPartition(topic, p) for p in partitions])}
    reader.close()
    say(values=values, positions=[positions[p] for p in sorted(positions)], ended=len(ended) == len(partitions))


def pipe_some(bootstrap, source, group_id, count, batch, aborts):
    """Copies `count` records as a member that was just started, one transaction a batch, some of which it aborts first."""
    member, producer = consumer(bootstrap, group_id), transactional(bootstrap, group_id)
    member.subscribe([source])
    done, aborted, end = 0, 0, time.monotonic() + DEADLINE
    while done < count and time.monotonic() < end:
        messages = [m for m in member.consume(batch, 0.5) if not m.error()]
        if not messages:
            continue
        producer.begin_transaction()
        send(producer, source + "-out", [m.value() for m in messages])
        producer.send_offsets_to_transaction(member.position(member.assignment()), member.consumer_group_metadata(), 30)
        if aborted < aborts:
            aborted += 1
            producer.flush(30)
            producer.abort_transaction(30)
            firsts = {}
            for message in messages:
                firsts.setdefault(message.partition(), message.offset())
            for partition, offset in firsts.items():
                member.seek(TopicPartition(source, partition, offset))
        else:
            producer.commit_transaction(30)
            done += len(messages)
    member.close()
    return done


def pipe(bootstrap, topic, group_id, count):
    count = int(count)
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    first = pipe_some(bootstrap, topic, group_id, count // 2, 20, aborts=2)
    say(first=first, second=pipe_some(bootstrap, topic, group_id, count - first, 20, aborts=1))


def ending(action):
    try:
        action()
        return "none"
    except KafkaException as e:
        return f"{e.args[0].name()}{' fatal' if e.args[0].fatal() else ''}"


def fenced(bootstrap, topic):
    old = transactional(bootstrap, topic)
    old.begin_transaction()
    send(old, topic, ["old"])
    old.flush(30)
    new = transactional(bootstrap, topic)
    new.begin_transaction()
    send(new, topic, ["new"])
    new.commit_transaction(30)
    say(old=ending(lambda: old.commit_transaction(30)))


def timeout(bootstrap, topic):
    producer = transactional(bootstrap, topic, **{"transaction.timeout.ms": 1000})
    producer.begin_transaction()
    send(producer, topic, ["late"])
    producer.flush(30)
    # Nobody ends it, so that a reader of what is committed is held up until the coordinator does.
    produce(bootstrap, topic, [("k", "plain")])
    waiting = consumer(bootstrap, topic + "-waiting", **{"isolation.level": "read_committed"})
    waiting.assign([TopicPartition(topic, 0, 0)])
    message = waiting.poll(30)
    waiting.close()
    say(seen=message.value().decode(), end=ending(lambda: producer.commit_transaction(30)))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
