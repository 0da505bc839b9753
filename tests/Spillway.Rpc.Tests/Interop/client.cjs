// Calls our server with grpc-js. Usage: node client.cjs PROTO_ROOT HOST:PORT [CA CERT KEY]
// Prints "ok NAME" for each check; any failure ends the process with another exit code than 0.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { grpc, load } = require('./load.cjs');

const [protoRoot, address, ca, cert, key] = process.argv.slice(2);
const { Echo } = load(protoRoot, 'spillway/testing/v1/echo.proto').testing.v1;
const { WalAppend } = load(protoRoot, 'spillway/wal/v1/append.proto').wal.v1;
const credentials = ca
  ? grpc.credentials.createSsl(fs.readFileSync(ca), fs.readFileSync(key), fs.readFileSync(cert))
  : grpc.credentials.createInsecure();
const options = { 'grpc.max_receive_message_length': 32 << 20, 'grpc.max_send_message_length': 32 << 20 };
const client = new Echo(address, credentials, options);
const Status = grpc.status;

const unary = (request, metadata = new grpc.Metadata(), callOptions = {}) =>
  new Promise((resolve, reject) =>
    client.Unary(request, metadata, callOptions, (error, reply) => (error ? reject(error) : resolve(reply))));

function collect(call) {
  return new Promise((resolve) => {
    const replies = [];
    call.on('data', (reply) => replies.push(reply));
    call.on('error', (error) => resolve({ replies, error }));
    call.on('end', () => setImmediate(() => resolve({ replies, error: null })));
  });
}

async function fails(promise, code, details) {
  const error = await promise.then(() => null, (e) => e);
  assert.ok(error, 'the call should have failed');
  assert.strictEqual(error.code, code, error.message);
  if (details !== undefined) {
    assert.strictEqual(error.details, details);
  }
}

const checks = {
  async unary() {
    const payload = Buffer.from([0, 1, 2, 255]);
    const reply = await unary({ text: 'größe', payload });
    assert.strictEqual(reply.text, 'größe');
    assert.deepStrictEqual(reply.payload, payload);
  },
  async metadata() {
    const metadata = new grpc.Metadata();
    metadata.set('x-echo', '+header');
    assert.strictEqual((await unary({ text: 't' }, metadata)).text, 't+header');
  },
  async emptyMessages() {
    assert.strictEqual((await unary({})).text, '');
  },
  async largeMessages() {
    const payload = Buffer.alloc(10 << 20, 7);
    assert.ok((await unary({ payload })).payload.equals(payload));
  },
  async tooLarge() {
    await fails(unary({ payload: Buffer.alloc((16 << 20) + 1) }), Status.RESOURCE_EXHAUSTED);
  },
  async statusAndMessage() {
    await fails(unary({ fail_code: Status.FAILED_PRECONDITION, fail_detail: '100% größer\n☃' }),
      Status.FAILED_PRECONDITION, '100% größer\n☃');
  },
  async exception() {
    await fails(unary({ fail_code: -1 }), Status.UNKNOWN);
  },
  async unknownMethod() {
    const call = new Promise((resolve, reject) => client.makeUnaryRequest(
      '/spillway.testing.v1.Echo/Nothing', (x) => x, (x) => x, Buffer.alloc(0), (error, reply) => (error ? reject(error) : resolve(reply))));
    await fails(call, Status.UNIMPLEMENTED);
  },
  async compressedRequest() {
    const gzip = new Echo(address, credentials, { ...options, 'grpc.default_compression_algorithm': 2 });
    const call = new Promise((resolve, reject) =>
      gzip.Unary({ text: 'x'.repeat(1000) }, (error, reply) => (error ? reject(error) : resolve(reply))));
    await fails(call, Status.UNIMPLEMENTED);
    gzip.close();
  },
  async deadline() {
    await fails(unary({ delay_ms: 60000 }, undefined, { deadline: Date.now() + 200 }), Status.DEADLINE_EXCEEDED);
  },
  async cancel() {
    const call = client.ServerStream({ count: 1000000, delay_ms: 1 });
    call.once('data', () => call.cancel());
    const { error } = await collect(call);
    assert.strictEqual(error.code, Status.CANCELLED);
  },
  async serverStream() {
    const { replies, error } = await collect(client.ServerStream({ text: 's', count: 1000 }));
    assert.strictEqual(error, null);
    assert.deepStrictEqual(replies.map((r) => r.index), [...Array(1000).keys()]);
  },
  async serverStreamThatFails() {
    const { replies, error } = await collect(client.ServerStream({ count: 3, fail_code: Status.ABORTED, fail_detail: 'then' }));
    assert.strictEqual(replies.length, 3);
    assert.strictEqual(error.code, Status.ABORTED);
  },
  async clientStream() {
    const reply = await new Promise((resolve, reject) => {
      const call = client.ClientStream((error, r) => (error ? reject(error) : resolve(r)));
      for (let i = 0; i < 100; i++) {
        call.write({ text: `${i}`, count: i });
      }
      call.end();
    });
    assert.strictEqual(reply.index, 4950);
    assert.strictEqual(reply.text, [...Array(100).keys()].join(','));
  },
  async duplexPingPong() {
    const call = client.Duplex();
    let seen = 0;
    call.on('data', (reply) => {
      assert.strictEqual(reply.index, seen++);
      return seen === 50 ? call.end() : call.write({ text: 'ping' });
    });
    call.write({ text: 'ping' });
    const { error } = await collect(call);
    assert.strictEqual(error, null);
    assert.strictEqual(seen, 50);
  },
  // The messages that our side encodes and decodes by hand.
  async appendStream() {
    const wal = new WalAppend(address, credentials, options);
    const call = wal.Append();
    for (let id = 1; id <= 20; id++) {
      call.write({
        id, transactional_id: 'tx', transaction_version: 2,
        batches: [{ log_id: 7, length: 3 }, { log_id: 2 ** 40, length: 100000 }],
        payload: Buffer.concat([Buffer.from([1, 2, 3]), Buffer.alloc(100000, id)]),
      });
    }
    call.end();
    const { replies, error } = await collect(call);
    assert.strictEqual(error, null);
    assert.deepStrictEqual(replies.map((r) => r.id), [...Array(20).keys()].map((i) => i + 1));
    assert.deepStrictEqual(replies.map((r) => r.results.map((b) => b.base_offset)), [...Array(20).keys()].map((i) => [i, i]));
    wal.close();
  },
};

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`ok ${name}`);
  }
  client.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
