#!/usr/bin/python3
"""A gRPC client that shares nothing with the node's own: reads status and the latest block over the socket.

Prints one line of JSON. Debian: python3-grpcio, python3-cbor2.
"""
import json
import sys

import cbor2
import grpc

channel = grpc.insecure_channel("unix:" + sys.argv[1])


def call(method, *arguments):
    function = channel.unary_unary(
        "/oasis-core." + method,
        request_serializer=lambda value: b"" if value is None else cbor2.dumps(value),
        response_deserializer=lambda data: cbor2.loads(data) if data else None,
    )
    return function(arguments[0] if arguments else None, timeout=10)


status = call("NodeController/GetStatus")
block = call("Consensus/GetBlock", 0)
at_first = call("Consensus/GetBlock", 1)
try:
    call("NodeController/NoSuchMethod")
    unknown = "OK"
except grpc.RpcError as error:
    unknown = error.code().name
print(
    json.dumps(
        {
            "mode": status["mode"],
            "is_validator": status["consensus"]["is_validator"],
            "status_height": status["consensus"]["latest_height"],
            "chain_context": status["consensus"]["chain_context"],
            "block_height": block["height"],
            "block_hash_bytes": len(block["hash"]),
            "first_height": at_first["height"],
            "unknown_method": unknown,
        }
    )
)
