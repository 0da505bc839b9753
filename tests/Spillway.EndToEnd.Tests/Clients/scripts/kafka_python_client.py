"""Drives kafka-python. See README.md."""
import json
import sys
import threading
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import KafkaError

DEADLINE = 90


def say(**what):
    print(json.dumps(what), flush=True)


def produce(bootstrap, topic, items, codec="none"):
    producer = KafkaProducer(
        bootstrap_servers=bootstrap.split(","), acks="all", compression_type=None if codec == "none" else codec, linger_ms=20)
    sent = [producer.send(topic, key=key.encode(), value=value.encode()) for key, value in items]
    producer.flush(DEADLINE)
    for future in sent:
        future.get(timeout=30)
    producer.close()


def consumer(bootstrap, group=None, *topics):
    return KafkaConsumer(
        *topics, bootstrap_servers=bootstrap.split(","), group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
        session_timeout_ms=10000, heartbeat_interval_ms=500, fetch_max_wait_ms=100)


def value_of(codec, i):
    return f"v-{codec}-{i}-" + "x" * (i % 300)


def create(bootstrap, topic, partitions):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    admin.create_topics([NewTopic(topic, int(partitions), 1, topic_configs={"retention.ms": "3600000"})], timeout_ms=30000)
    described = admin.describe_topics([topic])[0]
    configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])[0].resources[0][4]
    retention = next(config[1] for config in configs if config[0] == "retention.ms")
    say(topics=admin.list_topics(), partitions=len(described["partitions"]), retention=retention)
    admin.close()


def admin(bootstrap, topic):
    client = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))

    def code(call):
        try:
            call()
            return 0
        except KafkaError as e:
            return e.errno

    def create(name, partitions, replicas, **configs):
        return code(lambda: client.create_topics([NewTopic(name, partitions, replicas, topic_configs=configs)], timeout_ms=30000))

    def alter(configs):
        return client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)]).resources[0][0]

    def describe(kind, name):
        return {c[0]: c for c in client.describe_configs([ConfigResource(kind, name)])[0].resources[0][4]}

    errors = dict(
        created=create(topic, 3, 1, **{"retention.ms": "3600000"}),
        again=create(topic, 3, 1),
        badConfig=create(topic + "-bad", 1, 1, **{"retention.ms": "soon"}),
        tooManyReplicas=create(topic + "-bad", 1, 100),
        grown=code(lambda: client.create_partitions({topic: NewPartitions(5)})),
        shrunk=code(lambda: client.create_partitions({topic: NewPartitions(2)})),
        altered=alter({"segment.ms": "60000"}),
        unknownConfig=alter({"no.such.config": "1"}))
    configs = describe(ConfigResourceType.TOPIC, topic)
    broker = describe(ConfigResourceType.BROKER, str(client.describe_cluster()["brokers"][0]["node_id"]))
    partitions = len(client.describe_topics([topic])[0]["partitions"])
    client.delete_topics([topic], timeout_ms=30000)
    say(**errors, partitions=partitions, retention=configs["retention.ms"][1], segment=configs["segment.ms"][1],
        readOnly=bool(broker["num.partitions"][2]), dynamic=not broker["message.max.bytes"][2], topics=client.list_topics())
    client.close()


def roundtrip(bootstrap, topic, codec, count):
    count = int(count)
    try:
        KafkaProducer(bootstrap_servers=bootstrap.split(","), compression_type=None if codec == "none" else codec).close()
    except (AssertionError, KafkaError) as e:
        say(unsupported=f"this kafka-python has no {codec}: {e}")
        return
    produce(bootstrap, topic, [(f"k-{i}", value_of(codec, i)) for i in range(count)], codec)
    reader = consumer(bootstrap)
    partitions = reader.partitions_for_topic(topic)
    reader.assign([TopicPartition(topic, p) for p in partitions])
    reader.seek_to_beginning()
    end, seen = time.monotonic() + DEADLINE, 0
    while seen < count and time.monotonic() < end:
        for records in reader.poll(timeout_ms=1000).values():
            for r in records:
                say(p=r.partition, o=r.offset, k=r.key.decode(), v=r.value.decode())
                seen += 1
    reader.close()


class Member(threading.Thread):
    def __init__(self, bootstrap, group, topic, values):
        super().__init__(daemon=True)
        self.consumer = consumer(bootstrap, group, topic)
        self.values, self.stopping, self.owned = values, False, []
        self.start()

    def run(self):
        while not self.stopping:
            batches = self.consumer.poll(timeout_ms=100)
            self.owned = sorted(p.partition for p in self.consumer.assignment())
            if batches:
                self.values.extend(r.value.decode() for records in batches.values() for r in records)
                try:
                    self.consumer.commit()
                except KafkaError:
                    pass  # A rebalance came between; the next owner gets these again.
        self.consumer.close(autocommit=False)

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


def group(bootstrap, topic, group_id, count):
    count, values = int(count), []
    probe = consumer(bootstrap)
    partitions = len(probe.partitions_for_topic(topic))
    probe.close()
    members = [Member(bootstrap, group_id, topic, values) for _ in range(3)]
    until(lambda: shared(members, partitions), f"three share: {[m.owned for m in members]}")
    three = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    until(lambda: len(set(values)) == count, f"all consumed by three: {len(set(values))}")
    members.pop().leave()
    until(lambda: shared(members, partitions), f"two share: {[m.owned for m in members]}")
    two = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count, 2 * count)])
    until(lambda: len(set(values)) == 2 * count, f"all consumed by two: {len(set(values))}")
    for member in members:
        member.leave()
    say(three=three, two=two, values=values)


def take(bootstrap, topic, group_id, count):
    member, values, end = consumer(bootstrap, group_id, topic), [], time.monotonic() + DEADLINE
    while len(values) < count and time.monotonic() < end:
        for records in member.poll(timeout_ms=1000, max_records=count - len(values)).values():
            values.extend(r.value.decode() for r in records)
        if values:
            member.commit()
    member.close(autocommit=False)
    return values


def resume(bootstrap, topic, group_id, count):
    count = int(count)
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    first = take(bootstrap, topic, group_id, count // 2)
    say(first=first, second=take(bootstrap, topic, group_id, count - count // 2))


def describe(bootstrap, topic, group_id):
    member = Member(bootstrap, group_id, topic, [])
    until(lambda: member.owned, "joined")
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    groups = [g[0] for g in admin.list_consumer_groups()]
    found = admin.describe_consumer_groups([group_id])[0]
    say(groups=groups, state=found.state, members=len(found.members))
    member.leave()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
