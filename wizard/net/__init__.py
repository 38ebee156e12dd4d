"""The one door to the network. What goes wrong out there comes back as a value, never as an exception."""

from wizard.net.door import Net
from wizard.net.exchange import HttpAnswer
from wizard.net.names import Addresses, Records
from wizard.net.streams import Connection
from wizard.net.tls import Certificate, Handshake, Trust
from wizard.net.upgrades import Upgrade

__all__ = ["Addresses", "Certificate", "Connection", "Handshake", "HttpAnswer", "Net", "Records", "Trust", "Upgrade"]
