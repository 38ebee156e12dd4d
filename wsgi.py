"""What gunicorn loads: the web application, with the settings of this process's environment."""

import os
import sys

from wizard.app import create_app
from wizard.core.refusal import Refusal
from wizard.settings import Settings

settings = Settings.read(os.environ)
if isinstance(settings, Refusal):
    sys.exit(settings.message)
app = create_app(settings)
