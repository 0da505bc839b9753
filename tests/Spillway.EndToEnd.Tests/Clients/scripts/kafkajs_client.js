// Drives kafkajs. See README.md.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const deadlineMs = 90000;
const say = (what) => console.log(JSON.stringify(what));
const connect = (bootstrap) => new Kafka({ clientId: 'kafkajs-test', brokers: bootstrap.split(','), logLevel: logLevel.ERROR });
const range = (n) => [...Array(n).keys()];
const valueOf = (codec, i) => `v-${codec}-${i}-` + 'x'.repeat(i % 300);

async function until(condition, what) {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function produce(kafka, topic, messages, compression = CompressionTypes.None) {
  const producer = kafka.producer();
  await producer.connect();
  for (let i = 0; i < messages.length; i += 100) {
    await producer.send({ topic, acks: -1, compression, messages: messages.slice(i, i + 100) });
  }
  await producer.disconnect();
}

class Member {
  constructor(kafka, groupId, topic, onValue) {
    this.owned = [];
    this.consumer = kafka.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 100, rebalanceTimeout: 10000 });
    this.consumer.on(this.consumer.events.GROUP_JOIN, (e) => { this.owned = e.payload.memberAssignment[topic] || []; });
    this.consumer.on(this.consumer.events.REBALANCING, () => { this.owned = []; });
    this.started = this.start(topic, onValue);
  }
  async start(topic, onValue) {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [topic], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        if (onValue(message.value.toString(), partition, message) === false) return;
        await this.consumer.commitOffsets([{ topic, partition, offset: String(BigInt(message.offset) + 1n) }]);
      },
    });
  }
  async leave() {
    await this.consumer.disconnect();
    this.owned = [];
  }
}

const scenarios = {
  async create(bootstrap, topic, partitions) {
    const admin = connect(bootstrap).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic, numPartitions: Number(partitions), replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '3600000' }] }],
    });
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
    const configs = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] });
    const retention = configs.resources[0].configEntries.find((entry) => entry.configName === 'retention.ms').configValue;
    say({ topics: await admin.listTopics(), partitions: metadata.topics[0].partitions.length, retention });
    await admin.disconnect();
  },

  async admin(bootstrap, topic) {
    const admin = connect(bootstrap).admin();
    await admin.connect();
    const entries = (configs) => Object.entries(configs).map(([name, value]) => ({ name, value }));
    const create = (name, numPartitions, replicationFactor, configs) =>
      admin.createTopics({ topics: [{ topic: name, numPartitions, replicationFactor, configEntries: entries(configs) }] });
    const grow = (count) => admin.createPartitions({ topicPartitions: [{ topic, count }] });
    const alter = (configs) => admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: entries(configs) }] });
    const describe = async (type, name) => Object.fromEntries(
      (await admin.describeConfigs({ includeSynonyms: true, resources: [{ type, name }] })).resources[0].configEntries.map((e) => [e.configName, e]));
    const code = async (promise) => {
      try {
        return (await promise) === false ? 36 : 0; // kafkajs says false of a topic that is there already
      } catch (error) {
        return (error.errors ? error.errors[0] : error).code;
      }
    };
    const errors = {
      created: await code(create(topic, 3, 1, { 'retention.ms': '3600000' })),
      again: await code(create(topic, 3, 1, {})),
      badConfig: await code(create(`${topic}-bad`, 1, 1, { 'retention.ms': 'soon' })),
      tooManyReplicas: await code(create(`${topic}-bad`, 1, 100, {})),
      grown: await code(grow(5)),
      shrunk: await code(grow(2)),
      altered: await code(alter({ 'segment.ms': '60000' })),
      unknownConfig: await code(alter({ 'no.such.config': '1' })),
    };
    const configs = await describe(2, topic);
    const broker = await describe(4, String((await admin.describeCluster()).brokers[0].nodeId));
    const partitions = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length;
    await admin.deleteTopics({ topics: [topic] });
    say({
      ...errors, partitions, retention: configs['retention.ms'].configValue, segment: configs['segment.ms'].configValue,
      readOnly: broker['num.partitions'].readOnly, dynamic: !broker['message.max.bytes'].readOnly, topics: await admin.listTopics(),
    });
    await admin.disconnect();
  },

  async roundtrip(bootstrap, topic, codec, count) {
    const compression = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }[codec];
    if (compression === undefined) {
      say({ unsupported: `kafkajs has ${codec} only as a plugin` });
      return;
    }
    const kafka = connect(bootstrap);
    await produce(kafka, topic, range(Number(count)).map((i) => ({ key: `k-${i}`, value: valueOf(codec, i) })), compression);
    // A send that is repeated for one of its partitions puts the others' records there twice: all have come when all keys have.
    const seen = new Set();
    const keys = new Set();
    const member = new Member(kafka, topic + '-reader', topic, (v, p, message) => {
      const place = `${p}:${message.offset}`;
      if (!seen.has(place)) say({ p, o: Number(message.offset), k: message.key.toString(), v });
      seen.add(place);
      keys.add(message.key.toString());
      return false;
    });
    await until(() => keys.size >= Number(count), 'all consumed');
    await member.leave();
  },

  async group(bootstrap, topic, groupId, count) {
    count = Number(count);
    const kafka = connect(bootstrap);
    const admin = kafka.admin();
    await admin.connect();
    const partitions = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length;
    await admin.disconnect();
    const values = [];
    const members = range(3).map(() => new Member(kafka, groupId, topic, (v) => { values.push(v); }));
    const shared = () => members.every((m) => m.owned.length > 0)
      && JSON.stringify(members.flatMap((m) => m.owned).sort((a, b) => a - b)) === JSON.stringify(range(partitions));
    const owned = () => members.map((m) => m.owned.slice().sort((a, b) => a - b));
    await until(shared, 'three share');
    const three = owned();
    await produce(kafka, topic, range(count).map((i) => ({ key: `k-${i}`, value: `v-${i}` })));
    await until(() => new Set(values).size === count, 'all consumed by three');
    await members.pop().leave();
    await until(shared, 'two share');
    const two = owned();
    await produce(kafka, topic, range(count).map((i) => ({ key: `k-${i + count}`, value: `v-${i + count}` })));
    await until(() => new Set(values).size === 2 * count, 'all consumed by two');
    for (const member of members) await member.leave();
    say({ three, two, values });
  },

  async resume(bootstrap, topic, groupId, count) {
    count = Number(count);
    const kafka = connect(bootstrap);
    await produce(kafka, topic, range(count).map((i) => ({ key: `k-${i}`, value: `v-${i}` })));
    const take = async (n) => {
      const values = [];
      // What comes after the n-th is neither counted nor committed, so it is the next member's.
      const member = new Member(kafka, groupId, topic, (v) => (values.length < n ? (values.push(v), true) : false));
      await until(() => values.length === n, `${n} consumed`);
      await member.leave();
      return values;
    };
    const first = await take(Math.floor(count / 2));
    say({ first, second: await take(count - Math.floor(count / 2)) });
  },

  async describe(bootstrap, topic, groupId) {
    const kafka = connect(bootstrap);
    const member = new Member(kafka, groupId, topic, () => {});
    await until(() => member.owned.length > 0, 'joined');
    const admin = kafka.admin();
    await admin.connect();
    const groups = (await admin.listGroups()).groups.map((g) => g.groupId);
    const found = (await admin.describeGroups([groupId])).groups[0];
    say({ groups, state: found.state, members: found.members.length });
    await admin.disconnect();
    await member.leave();
  },

  async transactions(bootstrap, topic, count) {
    const producer = connect(bootstrap).producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [prefix, commits] of [['c', true], ['a', false], ['d', true], ['e', false]]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, acks: -1, messages: range(Number(count)).map((i) => ({ key: `k-${i}`, value: `${prefix}-${i}` })) });
      await (commits ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
  },

  async read(bootstrap, topic, isolation) {
    const kafka = connect(bootstrap);
    const values = [];
    const reader = kafka.consumer({ groupId: `${topic}-kafkajs-${isolation}`, readUncommitted: isolation === 'uncommitted', maxWaitTimeInMs: 100 });
    await reader.connect();
    await reader.subscribe({ topics: [topic], fromBeginning: true });
    let idleSince = Date.now();
    await reader.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => { idleSince = Date.now(); values.push([partition, message.value.toString()]); },
    });
    await until(() => values.length > 0 && Date.now() - idleSince > 1500, 'something is read, and then nothing more');
    await reader.disconnect();
    say({ values });
  },

  async pipe(bootstrap, topic, groupId, count) {
    count = Number(count);
    const kafka = connect(bootstrap);
    await produce(kafka, topic, range(count).map((i) => ({ key: `k-${i}`, value: `v-${i}` })));
    const pipeSome = async (n, aborts) => {
      const producer = kafka.producer({ transactionalId: groupId, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      const consumer = kafka.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      let done = 0;
      let aborted = 0;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset }) => {
          if (done >= n) return;
          const messages = batch.messages.slice(0, 20);
          const last = messages[messages.length - 1].offset;
          const transaction = await producer.transaction();
          await transaction.send({ topic: `${topic}-out`, acks: -1, messages: messages.map((m) => ({ key: m.key, value: m.value })) });
          await transaction.sendOffsets({
            consumerGroupId: groupId,
            topics: [{ topic, partitions: [{ partition: batch.partition, offset: String(BigInt(last) + 1n) }] }],
          });
          if (aborted < aborts) {
            aborted++;
            await transaction.abort();
            return;
          }
          await transaction.commit();
          resolveOffset(last);
          done += messages.length;
        },
      });
      await until(() => done >= n, `${n} copied`);
      await consumer.disconnect();
      await producer.disconnect();
      return done;
    };
    const first = await pipeSome(Math.floor(count / 2), 2);
    say({ first, second: await pipeSome(count - first, 1) });
  },
};

const [scenario, ...rest] = process.argv.slice(2);
scenarios[scenario](...rest).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
