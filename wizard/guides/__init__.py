"""The guides: Markdown files in, safe HTML pages with sections and a search out.

Knows nothing of Flask, of the database or of who reads. Loading reads every file once; the caller keeps
the result.
"""

from wizard.guides.pages import Guide, GuideError, Hit, Section
from wizard.guides.placeholders import PLACEHOLDERS
from wizard.guides.shelf import Guides

__all__ = ["PLACEHOLDERS", "Guide", "GuideError", "Guides", "Hit", "Section"]
