// Drives @platformatic/kafka. See README.md.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const { Admin, Consumer, Producer, stringSerializers, stringDeserializers, compressionsAlgorithms } =
  await import(pathToFileURL(join(process.env.NODE_PATH, '@platformatic/kafka/dist/index.js')));

const deadlineMs = 90000;
// 'consumer:group' plays the scenario 'group' in the protocol of KIP-848.
const groupProtocol = process.argv[2].startsWith('consumer:') ? 'consumer' : 'classic';
const say = (what) => console.log(JSON.stringify(what));
const range = (n) => [...Array(n).keys()];
const valueOf = (codec, i) => `v-${codec}-${i}-` + 'x'.repeat(i % 300);
const base = (bootstrap) => ({ clientId: 'platformatic-test', bootstrapBrokers: bootstrap.split(',') });

async function until(condition, what) {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(typeof what === 'string' ? what : what());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function produce(bootstrap, messages, compression = 'none') {
  const producer = new Producer({ ...base(bootstrap), serializers: stringSerializers, compression, acks: -1 });
  for (let i = 0; i < messages.length; i += 100) await producer.send({ messages: messages.slice(i, i + 100) });
  await producer.close();
}

class Member {
  constructor(bootstrap, groupId, topic, onValue, protocol = groupProtocol) {
    this.consumer = new Consumer({
      ...base(bootstrap), groupId, deserializers: stringDeserializers, sessionTimeout: 10000, heartbeatInterval: 500,
      rebalanceTimeout: 10000, maxWaitTime: 100, autocommit: false, groupProtocol: protocol,
    });
    this.rebalancing = false;
    this.consumer.on('consumer:group:rebalance', () => { this.rebalancing = true; });
    this.consumer.on('consumer:group:join', () => { this.rebalancing = false; });
    this.topic = topic;
    this.started = this.start(topic, onValue);
    this.started.catch((error) => { console.error(error); process.exit(1); });
  }
  async start(topic, onValue) {
    this.stream = await this.consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
    // The client may still be about to fetch when it is closed.
    this.stream.on('error', (error) => { if (!this.leaving) throw error; });
    this.stream.on('data', (message) => {
      if (onValue(message.value, message) === false) return;
      // A rebalance may come between; the next owner gets the record again then.
      this.last = Promise.resolve(message.commit()).catch(() => {});
    });
  }
  get owned() {
    if (this.rebalancing) return [];
    const mine = (this.consumer.assignments || []).find((a) => a.topic === this.topic);
    return mine ? [...mine.partitions].sort((a, b) => a - b) : [];
  }
  async leave() {
    await this.started;
    await this.last;
    this.leaving = true;
    await this.consumer.close(true);
  }
}

const scenarios = {
  async create(bootstrap, topic, partitions) {
    const admin = new Admin(base(bootstrap));
    const [made] = await admin.createTopics({
      topics: [topic], partitions: Number(partitions), replicas: 1, configs: [{ name: 'retention.ms', value: '3600000' }],
    });
    const [described] = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms'] }] });
    const metadata = await admin.metadata({ topics: [topic] });
    say({
      topics: await admin.listTopics(),
      partitions: metadata.topics.get(topic).partitionsCount ?? made.partitions,
      retention: described.configs[0].value,
    });
    await admin.close();
  },

  async roundtrip(bootstrap, topic, codec, count) {
    if (compressionsAlgorithms && !compressionsAlgorithms[codec].available) {
      say({ unsupported: `this Node.js has no ${codec}` });
      return;
    }
    await produce(bootstrap, range(Number(count)).map((i) => ({ topic, key: `k-${i}`, value: valueOf(codec, i) })), codec);
    // Nothing is committed: a member that has to join again begins anew, and what it gives twice says nothing.
    // A send that is repeated for one of its partitions puts the others' records there twice: all have come when all keys have.
    const seen = new Set();
    const keys = new Set();
    const member = new Member(bootstrap, topic + '-reader', topic, (v, message) => {
      const place = `${message.partition}:${message.offset}`;
      if (!seen.has(place)) say({ p: message.partition, o: Number(message.offset), k: message.key, v });
      else console.error(`given twice: ${place} ${message.key}`);
      seen.add(place);
      keys.add(message.key);
      return false;
    });
    await until(() => keys.size >= Number(count), () => `all consumed: ${[...seen].sort().join(' ')}`);
    await member.leave();
  },

  async group(bootstrap, topic, groupId, count) {
    count = Number(count);
    const admin = new Admin(base(bootstrap));
    const partitions = (await admin.metadata({ topics: [topic] })).topics.get(topic).partitionsCount;
    await admin.close();
    const values = [];
    const members = range(3).map(() => new Member(bootstrap, groupId, topic, (v) => { values.push(v); }));
    const shared = () => members.every((m) => m.owned.length > 0)
      && JSON.stringify(members.flatMap((m) => m.owned).sort((a, b) => a - b)) === JSON.stringify(range(partitions));
    await until(shared, 'three share');
    const three = members.map((m) => m.owned);
    await produce(bootstrap, range(count).map((i) => ({ topic, key: `k-${i}`, value: `v-${i}` })));
    await until(() => new Set(values).size === count, 'all consumed by three');
    await members.pop().leave();
    await until(shared, 'two share');
    const two = members.map((m) => m.owned);
    await produce(bootstrap, range(count).map((i) => ({ topic, key: `k-${i + count}`, value: `v-${i + count}` })));
    await until(() => new Set(values).size === 2 * count, 'all consumed by two');
    for (const member of members) await member.leave();
    say({ three, two, values });
  },

  async resume(bootstrap, topic, groupId, count) {
    count = Number(count);
    await produce(bootstrap, range(count).map((i) => ({ topic, key: `k-${i}`, value: `v-${i}` })));
    const take = async (n) => {
      const values = [];
      // What comes after the n-th is neither counted nor committed, so it is the next member's.
      const member = new Member(bootstrap, groupId, topic, (v) => (values.length < n ? (values.push(v), true) : false));
      await until(() => values.length === n, `${n} consumed`);
      await member.leave();
      return values;
    };
    const first = await take(Math.floor(count / 2));
    say({ first, second: await take(count - Math.floor(count / 2)) });
  },

  // Members of both protocols in one group, each way: the first is of the one, the second of the other; then the first goes.
  async migrate(bootstrap, topic, groupId, firstProtocol, count) {
    count = Number(count);
    const values = [];
    const [first, second] = [firstProtocol, firstProtocol === 'classic' ? 'consumer' : 'classic']
      .map((protocol) => () => new Member(bootstrap, groupId, topic, (v) => { values.push(v); }, protocol));
    const sharedBy = (members) => () => members.every((m) => m.owned.length > 0)
      && members.flatMap((m) => m.owned).length === new Set(members.flatMap((m) => m.owned)).size
      && members.flatMap((m) => m.owned).length === 6;
    const one = first();
    await until(sharedBy([one]), 'one has all');
    const two = second();
    await until(sharedBy([one, two]), 'both share');
    const both = [one.owned, two.owned];
    await produce(bootstrap, range(count).map((i) => ({ topic, key: `k-${i}`, value: `v-${i}` })));
    await until(() => new Set(values).size === count, 'all consumed by both');
    await one.leave();
    await until(sharedBy([two]), 'the other has all');
    await produce(bootstrap, range(count).map((i) => ({ topic, key: `k-${i}`, value: `v-${i + count}` })));
    await until(() => new Set(values).size === 2 * count, 'all consumed by the other');
    say({ both, values });
    await two.leave();
  },

  async describe(bootstrap, topic, groupId) {
    const member = new Member(bootstrap, groupId, topic, () => {});
    await until(() => member.owned.length > 0, 'joined');
    const admin = new Admin(base(bootstrap));
    const groups = [...(await admin.listGroups()).keys()];
    const found = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
    say({ groups, state: found.state[0] + found.state.slice(1).toLowerCase(), members: found.members.size });
    await admin.close();
    await member.leave();
  },

  async transactions(bootstrap, topic, count) {
    const producer = new Producer({
      ...base(bootstrap), serializers: stringSerializers, acks: -1, transactionalId: topic, idempotent: true,
    });
    for (const [prefix, commits] of [['c', true], ['a', false], ['d', true], ['e', false]]) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: range(Number(count)).map((i) => ({ topic, key: `k-${i}`, value: `${prefix}-${i}`, partition: i % 2 })) });
      await (commits ? transaction.commit() : transaction.abort());
    }
    await producer.close();
  },
};

const [scenario, ...rest] = process.argv.slice(2);
scenarios[scenario.replace('consumer:', '')](...rest).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
