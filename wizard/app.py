"""`create_app()`: the only place where the parts of the web application are joined."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from tasks.workplace import Workplace, open_workplace
from wizard.data_folder import load_secret_key
from wizard.settings import Settings
from wizard.web.account import account
from wizard.web.addresses import name_kinds
from wizard.web.caddies import caddies
from wizard.web.check_settings import check_settings
from wizard.web.checks_list import check_pages
from wizard.web.configuration import configuration_views
from wizard.web.connection import connection
from wizard.web.dashboard import dashboard_views
from wizard.web.echo import echo
from wizard.web.echo_streams import echo_streams
from wizard.web.errors import show_errors
from wizard.web.guard import guard
from wizard.web.health import health
from wizard.web.help import help_views
from wizard.web.hosts import host_views
from wizard.web.joined import Joined, join
from wizard.web.locality_page import locality_views
from wizard.web.notification_pages import notification_views
from wizard.web.opening_pages import opening_pages
from wizard.web.phone import phone
from wizard.web.phone_streams import phone_streams
from wizard.web.runs import checks
from wizard.web.servers import server_pages
from wizard.web.servers_many import several_servers
from wizard.web.settings_pages import settings_views
from wizard.web.setup.preview import previews
from wizard.web.setup.views import setup
from wizard.web.setup.ways import ways
from wizard.web.static_files import serve_static
from wizard.web.tailscale_page import tailscale_pages
from wizard.web.tokens import token_views
from wizard.web.traffic import traffic
from wizard.web.traffic_history import traffic_history
from wizard.web.traffic_now import traffic_now
from wizard.web.tunnel_pages import tunnel_pages
from wizard.web.vantages import vantage_views
from wizard.web.visit_links import visit_links
from wizard.web.way_stream import way_stream
from wizard.web.ways_pages import way_pages
from wizard.web.wireguard_pages import wireguard_pages

_FORM_BYTES = 64 * 1024
_BLUEPRINTS = (
    account,
    echo,
    echo_streams,
    health,
    help_views,
    dashboard_views,
    host_views,
    configuration_views,
    connection,
    checks,
    check_pages,
    traffic,
    traffic_now,
    locality_views,
    token_views,
    settings_views,
    check_settings,
    notification_views,
    traffic_history,
    vantage_views,
    setup,
    previews,
    ways,
    phone,
    phone_streams,
    visit_links,
    way_pages,
    tunnel_pages,
    way_stream,
    wireguard_pages,
    opening_pages,
    tailscale_pages,
    caddies,
    server_pages,
    several_servers,
)


def create_app(settings: Settings, *, place: Workplace | None = None, testing: bool = False) -> Flask:
    """The web application. The database must have been migrated; see `wizard.store.session.migrate`."""
    place = place or open_workplace(settings)
    app = Flask("wizard.web", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=load_secret_key(settings),
        TESTING=testing,
        MAX_CONTENT_LENGTH=_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=60),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="porthole",
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over dinner must still work
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    join(app.extensions, Joined(place))
    guard(app)
    show_errors(app)
    serve_static(app)
    name_kinds(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    if testing:
        from wizard.web.styles_page import register  # noqa: PLC0415 -- the living style page exists in tests only

        register(app)
    return app
