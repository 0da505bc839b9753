"""Drives kcat, a process at a time. See README.md."""
import json
import re
import subprocess
import sys
import threading
import time

DEADLINE = 90


def say(**what):
    print(json.dumps(what), flush=True)


def kcat(*arguments, text=None):
    run = subprocess.run(["kcat", *arguments], input=text, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert run.returncode == 0, f"kcat {arguments} ended with {run.returncode}: {run.stderr}"
    return run.stdout


def produce(bootstrap, topic, items, codec="none"):
    kcat("-b", bootstrap, "-t", topic, "-P", "-K", "\t", "-z", codec, "-X", "linger.ms=20",
         text="".join(f"{key}\t{value}\n" for key, value in items))


def partitions_of(bootstrap, topic):
    found = json.loads(kcat("-b", bootstrap, "-L", "-J", "-t", topic))["topics"]
    return len(next(t for t in found if t["topic"] == topic)["partitions"])


def create(*_):
    say(unsupported="kcat has no admin client")


describe = create


def roundtrip(bootstrap, topic, codec, count):
    produce(bootstrap, topic, [(f"k-{i}", f"v-{codec}-{i}-" + "x" * (i % 300)) for i in range(int(count))], codec)
    for line in kcat("-b", bootstrap, "-t", topic, "-C", "-e", "-q", "-f", "%p\t%o\t%k\t%s\n").splitlines():
        p, o, k, v = line.split("\t")
        say(p=int(p), o=int(o), k=k, v=v)


class Member:
    """One kcat in a group; its stderr tells what it is assigned, its stdout what it consumes."""

    def __init__(self, bootstrap, group, topic, values):
        self.values, self.owned = values, []
        self.process = subprocess.Popen(
            ["kcat", "-b", bootstrap, "-G", group, "-u", "-f", "%s\n", "-X", "auto.offset.reset=earliest",
             "-X", "session.timeout.ms=10000", "-X", "heartbeat.interval.ms=500", "-X", "auto.commit.interval.ms=100", topic],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.readers = [threading.Thread(target=t, daemon=True) for t in (self.read_values, self.read_assignments)]
        for reader in self.readers:
            reader.start()

    def read_values(self):
        for line in self.process.stdout:
            self.values.append(line.rstrip("\n"))

    def read_assignments(self):
        for line in self.process.stderr:
            if "rebalanced" in line:
                self.owned = sorted(int(p) for p in re.findall(r"\[(\d+)\]", line.split(":", 1)[1])) if "assigned" in line else []
                if "revoked" in line:
                    self.owned = []

    def leave(self):
        self.process.terminate()
        self.process.wait(30)
        for reader in self.readers:
            reader.join(10)


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def shared(members, partitions):
    owned = [m.owned for m in members]
    return all(owned) and sorted(p for o in owned for p in o) == list(range(partitions))


def group(bootstrap, topic, group_id, count):
    count, values, partitions = int(count), [], partitions_of(bootstrap, topic)
    members = [Member(bootstrap, group_id, topic, values) for _ in range(3)]
    until(lambda: shared(members, partitions), "three share")
    three = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    until(lambda: len(set(values)) == count, "all consumed by three")
    members.pop().leave()
    until(lambda: shared(members, partitions), "two share")
    two = [m.owned for m in members]
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count, 2 * count)])
    until(lambda: len(set(values)) == 2 * count, "all consumed by two")
    for member in members:
        member.leave()
    say(three=three, two=two, values=values)


def take(bootstrap, topic, group_id, count):
    return kcat("-b", bootstrap, "-G", group_id, "-q", "-c", str(count), "-f", "%s\n", "-X", "auto.offset.reset=earliest",
                "-X", "session.timeout.ms=10000", topic).splitlines()


def resume(bootstrap, topic, group_id, count):
    count = int(count)
    produce(bootstrap, topic, [(f"k-{i}", f"v-{i}") for i in range(count)])
    first = take(bootstrap, topic, group_id, count // 2)
    say(first=first, second=take(bootstrap, topic, group_id, count - count // 2))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
