"""Which addresses are this machine's own, as a far side may see it, part of the `headers` check. Pure."""

from __future__ import annotations

from wizard.core.addresses import Address, Kind, is_documentation, kind_of, parse_address


def is_public(text: str) -> bool:
    """An address of the internet; those set aside for examples count as such."""
    address = parse_address(text)
    return address is not None and (kind_of(address) is Kind.PUBLIC or is_documentation(address))


def public_ipv6(values: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are IPv6 addresses of the internet."""
    parsed: list[Address | None] = [parse_address(value) for value in values]
    return tuple(str(one) for one in parsed if one is not None and one.version == 6 and is_public(str(one)))


def is_ours(value: str, local: str, peer: str) -> bool:
    """Whether an address that arrived is that of this machine, which dialled `peer` from its address `local`.

    On the way to a private or loopback address nothing may change our own. On the way to a public one
    a router at home does, so there any public address counts: no hop of ours has one.
    """
    arrived, own, dialled = (parse_address(text) for text in (value, local, peer))
    if arrived is None:
        return False
    if arrived == own:
        return True
    crosses_nat = dialled is not None and is_public(str(dialled)) and not is_public(local)
    return crosses_nat and is_public(value)


def same(one: str, other: str) -> bool:
    """Two ways to write one address."""
    parsed = parse_address(one)
    return parsed is not None and parsed == parse_address(other)
