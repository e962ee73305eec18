"""What a panel shows besides charts: cards of single figures, tables, lines of text.

A page makes them; the dashboard and the report each draw them in their way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import Chart


@dataclass(frozen=True)
class Card:
    """One figure as text. `change`: against the period before, with its sign; `course`: the figure
    of the last periods; `definition`: of the docs; `note`: what stands below."""

    label: str
    figure: str
    definition: str = ""
    change: str | None = None
    is_higher_better: bool = True
    course: Sequence[float] = ()
    note: str = ""


@dataclass(frozen=True)
class Cards:
    """Cards beside each other, so many in a row, below a headline and a sentence. `compared`: what
    their changes are against."""

    cards: Sequence[Card]
    in_a_row: int
    headline: str = ""
    text: str = ""
    compared: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of the published table `of`. `units`: of the columns that are figures."""

    of: str
    rows: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=dict)


Shown = Chart | go.Figure | Cards | Table
