"""What would my server call this address? One question, the answer, and the rule behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request

from wizard.core.addresses import parse_address
from wizard.core.locality import Counting, classifier, explain
from wizard.core.streams import ServerWords
from wizard.media import MEDIA
from wizard.predicting import surroundings_of
from wizard.store import server_words
from wizard.store.hosts import SavedHost
from wizard.web.help_beside import beside, help_url, values_of
from wizard.web.host_pages import ago, host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.traffic_parts import traffic_nav

locality_views = Blueprint("locality", __name__)

WORDS = {"local": ("Local", "info"), "remote": ("Remote", "info"), "unknown": ("Not certain", "unknown")}
_MOST = 64


@locality_views.get("/hosts/<key:host_key>/traffic/address")
def ask(host_key: str) -> str:
    """The answer for one address, the visitor's own at first."""
    saved = saved_host(host_key)
    words = server_words.load_words(joined().database, host_key)
    own = str(parse_address(request.remote_addr or "") or "")
    typed = request.args.get("address", own).strip()[:_MOST]
    direct = request.args.get("way") == "direct"
    proxy = request.args.get("proxy", words.reached_from).strip()[:_MOST]
    media = MEDIA[saved.host.upstream.media]
    answer = _answer(saved, words, typed, proxy, direct=direct)
    return render_template(
        "traffic/address.html",
        title=f"What would {media.title} call this address?",
        host=saved.host,
        media=media,
        nav=host_nav(saved, "traffic"),
        traffic_nav=traffic_nav(saved, "address"),
        typed=typed,
        own=own,
        direct=direct,
        proxy=proxy,
        knows_proxy=bool(words.reached_from),
        answer=answer,
        settings=_settings(words),
        told_ago=ago(words.told_at) if words.told_at else "",
        told_at=words.told_at,
        has_token=saved.has_token,
        help=beside(answer["guide"] if answer else "local-vs-remote#rules", values_of(saved.host, saved.server_name)),
    )


def _answer(saved: SavedHost, words: ServerWords, typed: str, proxy: str, *, direct: bool) -> dict[str, Any] | None:
    address = parse_address(typed)
    if address is None:
        return None
    media = MEDIA[saved.host.upstream.media]
    peer = str(address) if direct else proxy
    forwarded = None if direct or not saved.host.forward_client_ip else str(address)
    around = surroundings_of(replace(words, reached_from=peer))
    counting: Counting = classifier(media.locality, around)(peer, forwarded)
    word, state = WORDS[counting.counted]
    reasons = explain(counting, server=media.title, peer=peer, forwarded=forwarded)
    return {
        "guide": reasons[-1][1],
        "word": word,
        "state": state,
        "counted": counting.counted.value,
        "reasons": [(sentence, help_url(guide)) for sentence, guide in reasons],
    }


def _settings(words: ServerWords) -> list[dict[str, str]]:
    """What the answer rests on, for a person to compare."""
    told = words.settings
    if told is None:
        return []
    around = told.around
    own = (*around.own_subnets, *around.own_addresses)
    rows = [
        ("Home networks that are set", ", ".join(around.lan_networks) or "None: the server's own networks count"),
        ("The server's own networks and addresses", ", ".join(own) or "Not told"),
        ("Public address of your home", ", ".join(around.wan_addresses) or "Not told"),
    ]
    if around.known_proxies:
        rows.append(("Known proxies", ", ".join(around.known_proxies)))
    return [{"word": word, "text": text} for word, text in rows]
