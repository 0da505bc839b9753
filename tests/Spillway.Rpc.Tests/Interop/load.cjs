// What the scripts of this folder share: the services of the .proto files, as grpc-js loads them.
'use strict';

const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

function load(protoRoot, file) {
  const definition = loader.loadSync(file, { includeDirs: [protoRoot], keepCase: true, longs: Number, defaults: true });
  return grpc.loadPackageDefinition(definition).spillway;
}

module.exports = { grpc, load };
