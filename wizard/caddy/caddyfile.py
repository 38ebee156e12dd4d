"""The same proxy hosts as a whole Caddyfile, to read, learn from and copy. Pure.

Formatted as `caddy fmt` does, every line with a comment that says why. Caddy's own adapter turns it
into the JSON that `config.build` makes for a Caddy that is all ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wizard.caddy import certificates
from wizard.caddy.config import admin_block
from wizard.caddy.document import logger_name
from wizard.caddy.issuer import asks_authority
from wizard.caddy.logs import FILE_MODE, ROLL_KEEP, ROLL_KEEP_DAYS, ROLL_SIZE_MEBIBYTES, log_file
from wizard.caddy.redaction import (
    ADDRESS_FIELDS,
    SECRET_FIELDS,
    TOKEN_PATTERN,
    TOKEN_REPLACEMENT,
    WHOLE_PATTERN,
    WHOLE_REPLACEMENT,
)
from wizard.caddy.servers import Group, group_hosts
from wizard.caddy.sites import Lines, indented, quoted, site
from wizard.caddy.version import Version
from wizard.core.hosts import Edge, ProxyHost


def caddyfile(hosts: Sequence[ProxyHost], edge: Edge, version: Version) -> str:
    """The Caddyfile for these hosts on a Caddy that is all ours. Ends with a line break."""
    groups, _ = group_hosts(hosts, edge)
    blocks = [_redacted_snippet(), _global_options(groups, edge, version)]
    blocks += [_site(host, group, edge) for group in groups for host in group.hosts]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _redacted_snippet() -> Lines:
    fields: Lines = []
    for field, reason in ADDRESS_FIELDS.items():
        fields += [f"# {reason}", f"{field} regexp {TOKEN_PATTERN} {TOKEN_REPLACEMENT}"]
    for field, reason in SECRET_FIELDS.items():
        fields += [f"# {reason}", f"{field} regexp {WHOLE_PATTERN} {WHOLE_REPLACEMENT}"]
    body = [
        "# Caddy writes addresses and most headers as they come, access tokens included",
        "format filter {",
        *indented(
            [
                "# One JSON object per line, with these fields changed before it is written",
                "wrap json",
                "# In addresses: what follows token=, api_key= and the like, in any letter case",
                "# In headers of this list: everything",
                "# Header names must be spelled as Caddy spells them, or the line would have no effect",
                "fields {",
                *indented(fields),
                "}",
            ]
        ),
        "}",
    ]
    return ["# Used by every log below: tokens of media servers stay out of it", "(redacted) {", *indented(body), "}"]


def _global_options(groups: Iterable[Group], edge: Edge, version: Version) -> Lines:
    groups = list(groups)
    admin = quoted(admin_block(edge)["listen"])
    body = [
        "# Where Caddy takes orders. Left out, a refused configuration can move it elsewhere",
        f"admin {admin}",
    ]
    if groups:
        body += [
            "# Redirects to https:// start from this port",
            f"http_port {edge.http_port}",
            "# Viewers arrive on this port",
            f"https_port {edge.https_port}",
        ]
    if any(host.domain.is_localhost and host.listener.tls for group in groups for host in group.hosts):
        body += [
            "# The root of Caddy's own authority stays out of this machine's trust store",
            "skip_install_trust",
        ]
    body += [
        "# Errors are written here, with the whole request: so this log is redacted as well",
        "log default {",
        *indented(["# To where Caddy was started from", "output stderr", "# No tokens", "import redacted"]),
        "}",
    ]
    if certificates.is_logged([host for group in groups for host in group.hosts], edge.log_folder):
        body += _certificate_logs(edge)
    for group in groups:
        body += _server(group, version)
    return ["# What holds for all sites", "{", *indented(body), "}"]


def _certificate_logs(edge: Edge) -> Lines:
    loggers = f"include {' '.join(certificates.LOGGERS)}"
    writer = [
        "# Readable by our group, so that it can be explained why a certificate does not come",
        f"mode {FILE_MODE}",
        "# A new file at this size",
        f"roll_size {certificates.ROLL_SIZE_MEBIBYTES}MiB",
        "# The old file stays readable, so that no line is missed",
        "roll_uncompressed",
        "# Only the last one is kept",
        f"roll_keep {certificates.ROLL_KEEP}",
    ]
    form = ["# One JSON object per line", "format json", "# Who writes about certificates in Caddy", loggers]
    return [
        "# How getting certificates goes",
        f"log {certificates.LOG} {{",
        *indented(
            [
                "# To a file of its own",
                f"output file {quoted(certificates.certificates_file(edge.log_folder))} {{",
                *indented(writer),
                "}",
                *form,
            ]
        ),
        "}",
        "# The same once more, because a log of its own takes these lines away from the one above",
        f"log {certificates.STDERR_LOG} {{",
        *indented(["# To where Caddy was started from", "output stderr", *form]),
        "}",
    ]


def _issuer(edge: Edge) -> Lines:
    lines = ["# Its directory", f"ca {quoted(edge.acme_ca)}"]
    if edge.acme_root:
        lines += ["# Whom to believe that it is this directory", f"ca_root {quoted(edge.acme_root)}"]
    return ["# The certificate comes from this authority", "tls {", *indented(lines), "}"]


def _server(group: Group, version: Version) -> Lines:
    options: Lines = []
    if group.listener.trusted:
        options += [
            "# Only this hop may say who the viewer is. Everybody else is taken for who they are",
            f"trusted_proxies static {' '.join(group.listener.trusted)}",
            "# Read from the right: a viewer can write anything on the left",
            "trusted_proxies_strict",
        ]
        if group.listener.client_ip_headers:
            options += [
                "# The header in which that hop names the viewer",
                f"client_ip_headers {' '.join(group.listener.client_ip_headers)}",
            ]
    if version.write_idle and group.streams:
        options += [
            "# This Caddy cuts whoever stops reading for a minute, and a paused player does stop",
            "timeouts {",
            *indented(["# Negative: never", "write_idle -1s"]),
            "}",
        ]
    if not options:
        return []
    return [
        "# What holds for everyone who arrives at this address",
        f"servers {group.listen} {{",
        *indented(options),
        "}",
    ]


def _site(host: ProxyHost, group: Group, edge: Edge) -> Lines:
    body: Lines = []
    if group.bind:
        body += ["# Only who comes through this address gets in", f"bind {group.listener.bind}"]
    if edge.log_folder:
        body += _log(host, edge)
    if edge.acme_ca and asks_authority(host):
        body += _issuer(edge)
    return site(host, group, edge, body)


def _log(host: ProxyHost, edge: Edge) -> Lines:
    writer = [
        "# Readable by our group, so that traffic can be shown",
        f"mode {FILE_MODE}",
        "# A new file at this size",
        f"roll_size {ROLL_SIZE_MEBIBYTES}MiB",
        "# Old files stay readable, so that no line is missed",
        "roll_uncompressed",
        "# This many old files are kept",
        f"roll_keep {ROLL_KEEP}",
        "# And none for longer than this",
        f"roll_keep_for {ROLL_KEEP_DAYS * 24}h",
    ]
    body = [
        "# One file for this host alone",
        f"output file {quoted(log_file(edge.log_folder, host.domain.name))} {{",
        *indented(writer),
        "}",
        "# No tokens",
        "import redacted",
    ]
    return ["# Who watched, and how it went", f"log {logger_name(host.domain.name)} {{", *indented(body), "}"]
