# SPDX-License-Identifier: Apache-2.0
"""A batch of a megabyte that unpacks to a gigabyte, written to a broker over a socket of our own:
no client library takes such a record."""

import socket
import struct
import zlib

GIB = 1 << 30


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def crc_table():
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        table.append(number)
    return table


def crc32c(data, table=tuple(crc_table())):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def packed_zeros(size):
    """One record whose value is `size` zeros, packed; it is never whole in memory."""
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
    end = varint(0)  # no headers
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_RLE)
    out = [packer.compress(varint(len(body) + size + len(end)) + body)]
    zeros = bytes(1 << 20)
    for _ in range(size >> 20):
        out.append(packer.compress(zeros))
    out.append(packer.compress(end))
    out.append(packer.flush())
    return b"".join(out)


def batch(records, timestamp):
    """A record batch, version 2, packed with gzip, of one record."""
    tail = struct.pack(">hiqqqhii", 1, 0, timestamp, timestamp, -1, -1, -1, 1) + records
    head = struct.pack(">ibI", 0, 2, crc32c(tail))
    return struct.pack(">qi", 0, len(head) + len(tail)) + head + tail


def produce(port, topic, partition, data):
    """One Produce request (version 3); raises what the broker answers."""
    name = topic.encode()
    body = struct.pack(">hhih4sh", 0, 3, 1, 4, b"bomb", -1) + struct.pack(">hii", 1, 60_000, 1)
    body += struct.pack(">h", len(name)) + name + struct.pack(">iii", 1, partition, len(data)) + data
    with socket.create_connection(("127.0.0.1", port), timeout=90) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack(">i", answer[:4])[0]:
            part = connection.recv(4096)
            if not part:
                raise OSError("the broker closed the connection")
            answer += part
    at = 4 + 4 + 4 + 2 + len(name) + 4 + 4
    error, offset = struct.unpack(">hq", answer[at:at + 10])
    if error:
        raise OSError(f"the broker answered error {error}")
    return offset


def drop(port, topic, partition, timestamp, size=GIB):
    """Returns the bomb's offset, and its size as it is stored."""
    data = batch(packed_zeros(size - (1 << 20)), timestamp)
    return produce(port, topic, partition, data), len(data)
