"""The HTTP side of a router's UPnP: its description, SOAP control, a page for people. As miniupnpd serves them."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.http_pages import HttpPages, send_text

DEVICE = """<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<friendlyName>{name}</friendlyName><manufacturer>Porthole tests</manufacturer><modelName>Scripted</modelName>
<UDN>uuid:5f1c1f3e-0000-4000-8000-000000000001</UDN><presentationURL>/</presentationURL>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType>
<friendlyName>WANDevice</friendlyName><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><friendlyName>WAN</friendlyName>
<serviceList><service><serviceType>{service}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<SCPDURL>/WANIPCn.xml</SCPDURL><controlURL>/ctl/IPConn</controlURL><eventSubURL>/evt/IPConn</eventSubURL></service>
</serviceList></device></deviceList></device></deviceList></device></root>
"""
ENVELOPE = (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>{body}</s:Body></s:Envelope>\r\n'
)
FAULT = (
    "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"
    '<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode>'
    "<errorDescription>{words}</errorDescription></UPnPError></detail></s:Fault>"
)


class IgdPages(HttpPages):
    """Serves the pages of one script on `host`; a context manager."""

    def __init__(self, script: Any, host: str, port: int) -> None:
        super().__init__(self.answer, host=host, port=port)
        self.script = script
        self.description = f"{self.url}/rootDesc.xml"

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        """One request."""
        if asked.command == "POST":
            self.answer_post(asked)
        else:
            self.answer_get(asked)

    def answer_get(self, asked: BaseHTTPRequestHandler) -> None:
        """The description, and a page for people at the root."""
        if asked.path == "/rootDesc.xml":
            _send(asked, 200, DEVICE.format(name=self.script.name, service=self.script.service))
        elif asked.path == "/":
            _send(asked, 200, f"<!doctype html><title>{self.script.name}</title>", "text/html")
        else:
            _send(asked, 404, "")

    def answer_post(self, asked: BaseHTTPRequestHandler) -> None:
        """SOAP control: the two questions; every other action is refused with 401 as UPnP numbers it."""
        body = asked.rfile.read(min(int(asked.headers.get("Content-Length", "0")), 65536)).decode()
        service, _, action = asked.headers.get("SOAPAction", "").strip('"').partition("#")
        self.script.asked.append(action)
        fits = service == self.script.service and re.search(rf"<u:{re.escape(action)} ", body)
        if asked.path != "/ctl/IPConn" or not action or not fits:
            return _fault(asked, 401, "Invalid Action")
        if self.script.upnp == "refuses":
            return _fault(asked, 606, "Action not authorized")
        match action:
            case "GetExternalIPAddress":
                wan = "" if self.script.upnp == "empty" else self.script.wan
                return _result(asked, service, action, f"<NewExternalIPAddress>{wan}</NewExternalIPAddress>")
            case "GetStatusInfo":
                state = "Connected" if self.script.is_connected else "Disconnected"
                status = f"<NewConnectionStatus>{state}</NewConnectionStatus>"
                more = "<NewLastConnectionError>ERROR_NONE</NewLastConnectionError><NewUptime>4711</NewUptime>"
                return _result(asked, service, action, status + more)
            case _:
                return _fault(asked, 401, "Invalid Action")


def _result(asked: BaseHTTPRequestHandler, service: str, action: str, inside: str) -> None:
    body = f'<u:{action}Response xmlns:u="{service}">{inside}</u:{action}Response>'
    _send(asked, 200, ENVELOPE.format(body=body))


def _fault(asked: BaseHTTPRequestHandler, code: int, words: str) -> None:
    _send(asked, 500, ENVELOPE.format(body=FAULT.format(code=code, words=words)))


def _send(asked: BaseHTTPRequestHandler, status: int, text: str, kind: str = 'text/xml; charset="utf-8"') -> None:
    send_text(asked, status, text, kind)
