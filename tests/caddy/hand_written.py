"""A configuration as a person with a Caddyfile has it, for the tests of a shared Caddy."""

from __future__ import annotations

from wizard.caddy.document import Document

BLOG = "blog.localhost"


def hand_written(port: int = 443, **server: object) -> Document:
    """A configuration as a person with a Caddyfile has it."""
    blog = {
        "match": [{"host": [BLOG]}],
        "handle": [{"handler": "static_response", "body": "my blog"}],
        "terminal": True,
    }
    rest = {"handle": [{"handler": "static_response", "body": "somebody else's"}]}
    return {
        "apps": {
            "http": {
                "https_port": port,
                "servers": {
                    "srv0": {"listen": [f":{port}"], "routes": [blog, rest], **server},
                    "srv1": {"listen": ["127.0.0.1:1"], "routes": []},
                },
            },
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        }
    }
