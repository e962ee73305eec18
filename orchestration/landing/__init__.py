"""Landing: files of a folder become rows of schema `raw`, as text, in one transaction."""

from orchestration.landing.land import land
from orchestration.landing.report import FileReport, LandingReport

__all__ = ["FileReport", "LandingReport", "land"]
