// kafkajs with its defaults under faults: one producer and one consumer, and a history of both (tests/Spillway.History/README.md).
//
//   kafkajs_worker.js BOOTSTRAP HISTORY PROCESS SENDS_PER_SECOND TOPIC=PARTITIONS…
//
// Works until SIGTERM. A send that kafkajs gives up after its retries, or a consumer that crashes for good, is written as fatal and ends it.
// It prints {"acked": n, "longest_gap": s} once a second.
const fs = require('fs');
const crypto = require('crypto');
const { Kafka, Partitioners, logLevel } = require('kafkajs');

const VALUE_BITS = 36n;
const OUTSTANDING_MAX = 20;

const [bootstrap, path, processArgument, rate, ...topicArguments] = process.argv.slice(2);
const number = Number(processArgument);
const topics = topicArguments.map((t) => t.split('=')).map(([name, count]) => ({ name, count: Number(count) }));
const partitions = topics.flatMap(({ name, count }) => [...Array(count).keys()].map((partition) => ({ topic: name, partition })));

const file = fs.openSync(path, 'w');
const write = (t, f, i, s, more = {}) => {
  const line = { t, f, p: number, i, w: Date.now() * 1000, m: Number(process.hrtime.bigint() / 1000n), ...more };
  if (s && s.length) line.s = s;
  fs.writeSync(file, JSON.stringify(line) + '\n');
};
const step = (f, topic, partition, runs) => ({ f, k: `${topic}-${partition}`, r: runs });

let nextValue = BigInt(number) << VALUE_BITS;
let nextId = 0;
let outstanding = 0;
let acked = 0;
let lastAck = Date.now();
let longestGap = 0;
let stopping = false;
let fatal = false;

function giveUp(reason) {
  if (fatal) return;
  fatal = stopping = true;
  write('info', 'fatal', 0, [], { x: reason });
}

async function send(producer) {
  const { topic, partition } = partitions[Math.floor(Math.random() * partitions.length)];
  const value = nextValue++;
  const id = nextId++;
  // Values are below 2^53 for the process numbers in use.
  const plain = Number(value);
  write('invoke', 'send', id, [step('send', topic, partition, [[-1, plain, 1]])]);
  outstanding++;
  const bytes = Buffer.concat([Buffer.alloc(8), crypto.randomBytes(20)]);
  bytes.writeBigInt64BE(value);
  try {
    const [result] = await producer.send({ topic, messages: [{ partition, value: bytes }] });
    longestGap = Math.max(longestGap, Date.now() - lastAck);
    lastAck = Date.now();
    acked++;
    write('ok', 'send', id, [step('send', topic, partition, [[Number(result.baseOffset), plain, 1]])]);
  } catch (e) {
    write('info', 'send', id, [step('send', topic, partition, [[-1, plain, 1]])], { e: e.type || 'disconnect' });
    if (!stopping) giveUp(`send: ${e.name} ${e.message}`);
  } finally {
    outstanding--;
  }
}

async function consume(consumer) {
  consumer.on(consumer.events.GROUP_JOIN, () => write('ok', 'subscribe', 0, []));
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) giveUp(`consumer: ${payload.error.name} ${payload.error.message}`);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: topics.map((t) => t.name), fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const runs = batch.messages.map((m) => [Number(m.offset), Number(m.value.readBigInt64BE()), 1]);
      if (runs.length) write('ok', 'poll', 0, [step('poll', batch.topic, batch.partition, runs)]);
    },
  });
}

async function main() {
  const kafka = new Kafka({ clientId: `zone=b;kafkajs-${number}`, brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: `kafkajs-${number}-${path.length}` });
  // It asks for committed records only, and shows the first record of a fetch all the same where two aborted transactions reach over it: its filter
  // takes one of the list a record (filterAbortedMessages.js).
  write('ok', 'open', 0, [], { c: { i: false, d: true, c: false } });
  await producer.connect();
  await consume(consumer);
  process.on('SIGTERM', () => { stopping = true; });
  const says = setInterval(() => {
    const gap = Math.max(longestGap, outstanding > 0 ? Date.now() - lastAck : 0);
    console.log(JSON.stringify({ acked, outstanding, longest_gap: gap / 1000 }));
  }, 1000);
  let due = Date.now();
  while (!stopping) {
    while (due <= Date.now() && outstanding < OUTSTANDING_MAX) {
      send(producer);
      due += 1000 / Number(rate);
    }
    due = Math.max(due, Date.now() - 500);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const end = Date.now() + 15000;
  while (outstanding > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(says);
  fs.closeSync(file);
  process.exit(fatal ? 1 : 0);
}

main().catch((e) => {
  giveUp(`${e.name} ${e.message}`);
  process.exit(1);
});
