"""The headers in which Caddy tells our echo what it saw: who asked, what that one claimed, whom Caddy believes.

Both the builder of Caddy's configuration and the check that reads them know these. The media server gets none.
"""

from __future__ import annotations

PEER_HEADER = "X-Porthole-Peer"
SEEN_BY_CADDY = (PEER_HEADER, "X-Porthole-Arrived", "X-Porthole-Client")
