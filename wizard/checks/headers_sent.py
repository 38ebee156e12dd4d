"""What the `headers` check sends: a forged sender in every known form, and an identifier with odd characters."""

from __future__ import annotations

# from TEST-NET-3 (RFC 5737): no viewer can have it
FORGED_ADDRESS = "203.0.113.66"
FORGED_NAME = "forged.porthole.example"
IDENTIFIER_NAME = "X-Plex-Client-Identifier"
# printable characters that a proxy might touch: quotes, braces of Caddy's placeholders, percent, comma, final colon
IDENTIFIER = "porthole-{http.request.host}-%7E\"'<>|;,=~[]\\^`$:"


def sent_headers() -> tuple[tuple[str, str], ...]:
    """The headers to send. No token among them."""
    return (
        ("Accept", "application/json"),
        ("X-Forwarded-For", FORGED_ADDRESS),
        ("X-Real-IP", FORGED_ADDRESS),
        ("Forwarded", f"for={FORGED_ADDRESS};host={FORGED_NAME};proto=http"),
        ("X-Forwarded-Host", FORGED_NAME),
        (IDENTIFIER_NAME, IDENTIFIER),
    )
