"""Erasure: persons who asked to be forgotten leave vault, stored files, raw and what is built."""

from orchestration.erasure.report import report_lines
from orchestration.erasure.run import Outcome, erase, is_due

__all__ = ["Outcome", "erase", "is_due", "report_lines"]
