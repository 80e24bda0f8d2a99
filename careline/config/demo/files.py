"""Tiny pictures and papers, so that attachments open."""

from __future__ import annotations

import zlib
from functools import cache
from struct import pack

from careline.config.demo.records import Paper

TITLES = {"invoice": "Invoice", "label": "Return label", "manual": "Manual", "offer": "Offer"}
TINTS = ((196, 164, 120), (120, 132, 150), (88, 96, 84), (214, 202, 178), (150, 96, 70), (60, 66, 80))


@cache
def picture(number: int) -> Paper:
    """Return a small PNG: a pale spot on a plain ground, as a phone would take it in bad light."""
    ground, size = TINTS[number % len(TINTS)], 48
    spot = (number * 7) % 24 + 12
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            near = (x - spot) ** 2 + (y - 24) ** 2 < 90
            rows += bytes(min(255, c + 60) if near else c for c in ground)
    head = _chunk(b"IHDR", pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + _chunk(b"IEND", b"")
    return Paper(f"IMG_{2000 + number * 13}.png", "image/png", data)


@cache
def paper(kind: str, number: str) -> Paper:
    """Return a one-page PDF that names what it is: invoice, label, manual or offer."""
    text = f"Lumenhafen - {TITLES[kind]} {number}".strip()
    stream = f"BT /F1 16 Tf 60 760 Td ({text}) Tj ET".encode("ascii")
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return Paper(f"{TITLES[kind].lower().replace(' ', '-')}.pdf", "application/pdf", _pdf(parts))


def _pdf(parts: tuple[bytes, ...]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, table)
    return bytes(out)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
