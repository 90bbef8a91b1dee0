// Solves one problem from Node: answer, bill, and what to do when it fails.
//
//   node solve.js [--stream] MODEL PROMPT [SECONDS]
//
// The environment says where and who: SEXTANT_SERVER (HOST:PORT), SEXTANT_CA, SEXTANT_CERT and SEXTANT_KEY (PEM
// files; any of them means TLS), SEXTANT_TOKEN. SEXTANT_PROTO is the folder of the contract, by default the
// repository's.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";

const env = process.env;
const protos = env.SEXTANT_PROTO ?? fileURLToPath(new URL("../../../proto", import.meta.url));
const loaded = protoLoader.loadSync("sextant/v1/sextant.proto", { includeDirs: [protos], keepCase: true, longs: Number, defaults: true, oneofs: true });
const { Sextant } = grpc.loadPackageDefinition(loaded).sextant.v1;

function connect() {
  const [ca, certificate, key] = ["SEXTANT_CA", "SEXTANT_CERT", "SEXTANT_KEY"].map((name) => (env[name] ? readFileSync(env[name]) : null));
  const secure = ca || certificate;
  const credentials = secure ? grpc.credentials.createSsl(ca, key, certificate) : grpc.credentials.createInsecure();
  return new Sextant(env.SEXTANT_SERVER ?? "127.0.0.1:50051", credentials);
}

function metadata() {
  const metadata = new grpc.Metadata();
  if (env.SEXTANT_TOKEN) metadata.set("authorization", `Bearer ${env.SEXTANT_TOKEN}`);
  return metadata;
}

function printBill(usage) {
  console.log(`bill ${usage.billed_tokens} tokens = ${usage.finished_tokens} finished + ${usage.cancelled_tokens} cancelled`);
}

function solve(client, request, options, stream) {
  return new Promise((resolve, reject) => {
    if (!stream) {
      client.Solve(request, metadata(), options, (error, response) => (error ? reject(error) : resolve(response)));
      return;
    }
    const call = client.SolveStream(request, metadata(), options);
    call.on("error", reject);
    call.on("data", (event) => {
      if (event.plan) console.log("plan", event.plan.strategy_text);
      if (event.trace) console.log("trace answered", event.trace.answer);
      if (event.response) resolve(event.response);
    });
  });
}

// gRPC drops the response of a failed call: its bill, and when to try again, are in the status details.
function explain(error) {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => (target.startsWith("google/protobuf/") ? target : `${protos}/${target}`);
  root.loadSync(["sextant/v1/sextant.proto", "sextant/rpc/status.proto"], { keepCase: true });
  const decode = (type, bytes) => root.lookupType(type).toObject(root.lookupType(type).decode(bytes), { longs: Number, defaults: true });
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  for (const { type_url, value } of details ? decode("sextant.rpc.Status", details).details : []) {
    if (type_url.endsWith("/sextant.v1.Usage")) printBill(decode("sextant.v1.Usage", value));
    if (type_url.endsWith("/google.rpc.RetryInfo")) {
      const { seconds, nanos } = decode("sextant.rpc.RetryInfo", value).retry_delay;
      console.error(`try again in ${seconds + nanos / 1e9} s`);
    }
  }
  console.error(`${grpc.status[error.code]}: ${error.details}`);
}

const stream = process.argv[2] === "--stream";
const [model, prompt, seconds = "60"] = process.argv.slice(stream ? 3 : 2);
const client = connect();
try {
  const deadline = Date.now() + 1000 * Number(seconds);
  const response = await solve(client, { model, prompt }, { deadline }, stream);
  printBill(response.usage);
  console.log("answer", response.answer);
} catch (error) {
  explain(error);
  process.exitCode = 1;
} finally {
  client.close();
}
