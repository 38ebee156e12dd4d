"""cloudflared as one more container beside ours: the addition to docker-compose.yml. Pure text.

Caddy believes one address, so the container has a fixed one. Its readiness is asked inside the network only: no port
is published. The token comes from a file, as it does without containers.
"""

from __future__ import annotations

ADDRESS, SUBNET = "172.28.0.5", "172.28.0.0/24"
READY = "http://cloudflared:20241"
CADDY = "http://caddy:7681"

COMPOSE = f"""\
services:
  cloudflared:
    image: cloudflare/cloudflared:latest
    restart: unless-stopped
    command:
      - tunnel
      - --no-autoupdate
      - --metrics=0.0.0.0:20241
      - run
      - --token-file=/run/secrets/tunnel
    secrets: [tunnel]
    networks: {{default: {{ipv4_address: {ADDRESS}}}}}

secrets:
  tunnel: {{file: ./tunnel-token}}

networks:
  default: {{ipam: {{config: [{{subnet: {SUBNET}}}]}}}}
"""
