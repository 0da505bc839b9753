// Serves the test service and the append stream with grpc-js for our client. Usage: node server.cjs PROTO_ROOT
// Prints "port N" once it listens; ends when its standard input does.
'use strict';

const { grpc, load } = require('./load.cjs');

const [protoRoot] = process.argv.slice(2);
const { Echo } = load(protoRoot, 'spillway/testing/v1/echo.proto').testing.v1;
const { WalAppend } = load(protoRoot, 'spillway/wal/v1/append.proto').wal.v1;

const failure = (request) => (request.fail_code ? { code: request.fail_code, details: request.fail_detail } : null);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const echo = {
  async Unary(call, callback) {
    const { request } = call;
    await sleep(request.delay_ms);
    const header = call.metadata.get('x-echo')[0] ?? '';
    callback(failure(request), { text: request.text + header, payload: request.payload });
  },
  async ServerStream(call) {
    const { request } = call;
    for (let i = 0; i < request.count && !call.cancelled; i++) {
      if (request.delay_ms) {
        await sleep(request.delay_ms);
      }
      call.write({ text: request.text, payload: request.payload, index: i });
    }
    const error = failure(request);
    return error ? call.emit('error', error) : call.end();
  },
  ClientStream(call, callback) {
    const texts = [];
    let sum = 0;
    call.on('data', (request) => {
      texts.push(request.text);
      sum += request.count;
    });
    call.on('end', () => callback(null, { text: texts.join(','), index: sum }));
  },
  Duplex(call) {
    let index = 0;
    call.on('data', (request) => {
      const error = failure(request);
      return error
        ? call.emit('error', error)
        : call.write({ text: request.text, payload: request.payload, index: index++ });
    });
    call.on('end', () => call.end());
  },
};

const wal = {
  Append(call) {
    call.on('data', (request) => {
      let position = 0;
      const results = request.batches.map((batch) => {
        const bytes = request.payload.subarray(position, (position += batch.length));
        // The sum of the bytes as an offset: what arrived, not only how much of it.
        return { base_offset: bytes.reduce((sum, b) => sum + b, 0), log_start_offset: batch.log_id };
      });
      call.write(position === request.payload.length
        ? { id: request.id, results }
        : { id: request.id, error_code: 56 });
    });
    call.on('end', () => call.end());
  },
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': 32 << 20 });
server.addService(Echo.service, echo);
server.addService(WalAppend.service, wal);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`port ${port}`);
});
process.stdin.resume();
process.stdin.on('end', () => {
  server.forceShutdown();
  process.exit(0);
});
