# png.py: small PNGs of every kind, for tests. `png.py FILE KIND BITS [interlaced] [COLOUR...]` reads rows of numbers, one a
# pixel, from standard input. KIND is grey, palette (with these colours, RRGGBB), rgb (a number is R + 256 G + 65536 B),
# grey-alpha or rgba (a number above 2^24 is opaque).
import struct
import sys
import zlib

name, kind, bits = sys.argv[1], sys.argv[2], int(sys.argv[3])
words = sys.argv[4:]
interlaced = "interlaced" in words
palette = [w for w in words if w != "interlaced"]
rows = [[int(v) for v in line.split()] for line in sys.stdin if line.strip()]
types = {"grey": 0, "rgb": 2, "palette": 3, "grey-alpha": 4, "rgba": 6}


def samples(v):
    if kind == "grey-alpha":
        return [v % 256, 255 if v >> 24 else 0]
    if kind in ("rgb", "rgba"):
        colour = [v & 255, v >> 8 & 255, v >> 16 & 255]
        return colour + ([255 if v >> 24 else 0] if kind == "rgba" else [])
    return [v]


def packed(row):
    """A row of samples as bytes, behind filter 0."""
    flat = [x for v in row for x in samples(v)]
    text = "".join(format(x if bits < 16 or kind == "grey" else x * 257, "0%db" % bits) for x in flat)
    text += "0" * (-len(text) % 8)
    return b"\0" + int(text, 2).to_bytes(len(text) // 8, "big")


def chunk(what, data):
    return struct.pack(">I", len(data)) + what + data + struct.pack(">I", zlib.crc32(what + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
passes = [[row[x::dx] for row in rows[y::dy]] for x, y, dx, dy in ADAM7] if interlaced else [rows]
data = b"".join(packed(row) for one in passes for row in one if row)
with open(name, "wb") as f:
    f.write(b"\x89PNG\r\n\x1a\n")
    f.write(chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), bits, types[kind], 0, 0, interlaced)))
    if palette:
        f.write(chunk(b"PLTE", bytes.fromhex("".join(palette))))
    f.write(chunk(b"IDAT", zlib.compress(data)))
    f.write(chunk(b"IEND", b""))
