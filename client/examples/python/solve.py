#!/usr/bin/env python3
"""Solves one problem from Python: answer, bill, and what to do when it fails.

    solve.py [--stream] MODEL PROMPT [SECONDS]

The environment says where and who: SEXTANT_SERVER (HOST:PORT), SEXTANT_CA, SEXTANT_CERT and SEXTANT_KEY (PEM
files; any of them means TLS), SEXTANT_TOKEN. The modules sextant.v1 and sextant.rpc are generated from the
contract; see README.md beside this folder.
"""
import os
import sys

import grpc
from sextant.rpc import status_pb2
from sextant.v1 import sextant_pb2, sextant_pb2_grpc


def read(variable):
    path = os.environ.get(variable)
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read()


def connect():
    server = os.environ.get("SEXTANT_SERVER", "127.0.0.1:50051")
    authorities, certificate, key = read("SEXTANT_CA"), read("SEXTANT_CERT"), read("SEXTANT_KEY")
    if not (authorities or certificate):
        return grpc.insecure_channel(server)
    return grpc.secure_channel(server, grpc.ssl_channel_credentials(authorities, key, certificate))


def metadata():
    token = os.environ.get("SEXTANT_TOKEN")
    return [("authorization", f"Bearer {token}")] if token else []


def print_bill(usage):
    print(f"bill {usage.billed_tokens} tokens = {usage.finished_tokens} finished + {usage.cancelled_tokens} cancelled")


def solve(stub, request, seconds, stream):
    if not stream:
        return stub.Solve(request, timeout=seconds, metadata=metadata())
    for event in stub.SolveStream(request, timeout=seconds, metadata=metadata()):
        what = event.WhichOneof("event")
        if what == "plan":
            print("plan", event.plan.strategy_text)
        elif what == "trace":
            print("trace answered", event.trace.answer)
        elif what == "response":
            return event.response
    raise RuntimeError("the stream ended without a response")


def explain(error):
    """gRPC drops the response of a failed call: its bill, and when to try again, are in the status details."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    for detail in status_pb2.Status.FromString(details).details if details else []:
        if detail.type_url.endswith("/sextant.v1.Usage"):
            print_bill(sextant_pb2.Usage.FromString(detail.value))
        elif detail.type_url.endswith("/google.rpc.RetryInfo"):
            delay = status_pb2.RetryInfo.FromString(detail.value).retry_delay
            print(f"try again in {delay.seconds + delay.nanos / 1e9} s", file=sys.stderr)
    print(f"{error.code().name}: {error.details()}", file=sys.stderr)


def main(arguments):
    stream = arguments[:1] == ["--stream"]
    model, prompt, *seconds = arguments[stream:]
    request = sextant_pb2.SolveRequest(model=model, prompt=prompt)
    with connect() as channel:
        try:
            response = solve(sextant_pb2_grpc.SextantStub(channel), request, float(*seconds or [60]), stream)
        except grpc.RpcError as error:
            explain(error)
            return 1
    print_bill(response.usage)
    print("answer", response.answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
