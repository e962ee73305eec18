"""The pages: each asks one question; `show(view)` answers it with panels.

`FILTERS` names what a page can be narrowed by: basis, period, segment.
"""

from __future__ import annotations

from types import ModuleType

from dashboard.questions import (
    acquisition,
    churn,
    contacts,
    engagement,
    overview,
    quality,
    retention,
    value,
    voice,
)

QUESTIONS: dict[str, ModuleType] = {
    "overview": overview,
    "retention": retention,
    "churn": churn,
    "value": value,
    "voice": voice,
    "engagement": engagement,
    "acquisition": acquisition,
    "contacts": contacts,
    "quality": quality,
}
