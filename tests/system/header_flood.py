#!/usr/bin/env python3
"""Sends one call's headers without an end over HTTP/2, in frames below every limit of a frame, until the other side ends the
connection or MEGABYTES are sent; prints how many were, and on a connection that stays open "and still open".

Usage: header_flood.py HOST:PORT MEGABYTES
"""
import socket
import struct
import sys

HEADERS, SETTINGS, CONTINUATION = 1, 4, 9


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    limit = int(sys.argv[2]) * 1_000_000
    begin = b"".join(header(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/sextant.v1.Sextant/Solve"), (b":authority", b"sextant"),
        (b"te", b"trailers"), (b"content-type", b"application/grpc")))
    more = frame(CONTINUATION, 0, 1, header(b"x-filler", b"f" * 100)) * 1000
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, 0, 1, begin))
        try:
            while sent < limit:
                connection.sendall(more)
                sent += len(more)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            print(f"{sent / 1e6:.1f} MB")
            return
        print(f"{sent / 1e6:.1f} MB and still open")


main()
