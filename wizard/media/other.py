"""Any other web application: whatever answers over HTTP."""

from __future__ import annotations

from wizard.media.shape import Identity, Instruction, Media, NotThis, Place, other_thing
from wizard.net.exchange import HttpAnswer


def read_identity(answer: HttpAnswer) -> Identity | NotThis:
    """Any answer that is not a gateway's complaint counts. There is no id, only what the page calls itself."""
    if answer.status >= 500:
        return other_thing(answer)
    seen = other_thing(answer)
    return Identity("other", "", seen.called)


def instructions(place: Place) -> tuple[Instruction, ...]:
    """What any application behind a proxy may need."""
    return (
        Instruction(
            f"If your application asks for its public address, enter {place.host.public_url(place.edge)}.",
            place.host.public_url(place.edge),
            "Public address",
        ),
        Instruction(
            "If it has a list of trusted proxies, put the address of Caddy into it, so that it sees viewers' "
            "real addresses.",
            place.caddy_address,
            "Address of Caddy",
        ),
    )


SERVER = Media(
    key="other",
    title="Something else",
    default_port=80,
    sentence="Any other application with a web address.",
    paths=("/",),
    read=read_identity,
    instructions=instructions,
    accept="*/*",
    # not any server's own: what applications commonly put into addresses
    redacted=("token", "access_token", "apikey"),
    set_up_first="Finish the application's own first set-up.",
    order=90,
)
