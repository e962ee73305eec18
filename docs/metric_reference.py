"""Writes docs/metrics.md from models/semantic: `dbt parse`, then `python docs/metric_reference.py`.

Reads dbt's manifest. What a metric is, is said once, beside the column of the mart that it equals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Metrics

Generated from `models/semantic` by `docs/metric_reference.py`: edit there. Every metric equals a
column of a mart in every row (`make test-semantic`). Shares go from 0 to 1, money is in the
reporting currency. How to ask for them: [the semantic layer](decisions/0021-semantic-layer.md).
"""


@dataclass(frozen=True)
class Metric:
    """A metric of the semantic layer, and the column of the mart that it equals.

    `relation`: what it reads; `mart` itself, or a fact whose days add up to the mart's periods.
    `aggregation`: how rows are added up, None where it is worked out from other metrics.
    """

    name: str
    label: str
    description: str
    unit: str
    formula: str
    topic: str
    model: str
    relation: str
    mart: str
    column: str
    aggregation: str | None


def read_metrics(manifest: dict[str, Any]) -> Iterator[Metric]:
    """Every metric that people ask for, in the order of the files; inputs of others are left out.

    Raises KeyError for a metric without a unit, and ValueError for one of several marts.
    """
    measures = {
        measure["name"]: (model, measure)
        for model in manifest["semantic_models"].values()
        for measure in model["measures"]
    }
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}

    def models_of(name: str) -> set[str]:
        if name in measures:
            return {measures[name][0]["name"]}
        nodes = metrics[name]["depends_on"]["nodes"]
        return {model for node in nodes for model in models_of(node.split(".")[-1])}

    for name, metric in metrics.items():
        # a metric made from a measure has the meta of its semantic model, not that of the measure
        stated = measures[name][1] if name in measures else metric
        meta = stated["config"]["meta"]
        if meta.get("is_input"):
            continue
        [model] = (manifest["semantic_models"][_id(manifest, one)] for one in models_of(name))
        yield Metric(
            name=name,
            label=metric["label"],
            description=" ".join(metric["description"].split()),
            unit=meta["unit"],
            formula=_formula(metric, model["name"]),
            topic=Path(metric["original_file_path"]).stem,
            model=model["name"],
            relation=model["depends_on"]["nodes"][0].split(".")[-1],
            mart=meta.get("mart", model["depends_on"]["nodes"][0].split(".")[-1]),
            column=meta.get("column", name),
            aggregation=stated.get("agg"),
        )


def _id(manifest: dict[str, Any], name: str) -> str:
    return f"semantic_model.{manifest['metadata']['project_name']}.{name}"


def _formula(metric: dict[str, Any], model: str) -> str:
    params = metric["type_params"]
    if metric["type"] == "simple":
        return "added up"
    if metric["type"] == "ratio":
        return f"{params['numerator']['name']} / {params['denominator']['name']}"
    if any(one["name"] == f"{model}_rows" for one in params["metrics"]):
        return "read from its one row"
    return params["expr"].strip()


def reference(manifest: dict[str, Any]) -> str:
    """The whole page."""
    topics: dict[str, dict[str, list[Metric]]] = {}
    counts_first = sorted(read_metrics(manifest), key=lambda metric: metric.aggregation is None)
    for metric in counts_first:
        topics.setdefault(metric.topic, {}).setdefault(metric.model, []).append(metric)
    parts = [HEAD]
    for topic, models in sorted(topics.items()):
        parts.append(f"\n## {topic.capitalize()}\n")
        for model, metrics in models.items():
            about = manifest["semantic_models"][_id(manifest, model)]["description"]
            parts.append(f"\n### {model}\n\n{' '.join(about.split())}\n\n")
            parts.append("| metric | label | what it is | unit | formula | column of the mart |\n")
            parts.append("|---|---|---|---|---|---|\n")
            parts += [
                f"| `{m.name}` | {m.label} | {m.description} | {m.unit} | {m.formula}"
                f" | `{m.mart}.{m.column}` |\n"
                for m in metrics
            ]
    return "".join(parts)


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(description="Write the reference of all metrics.")
    parser.add_argument("--manifest", type=Path, default=ROOT / "target" / "manifest.json")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "metrics.md")
    arguments = parser.parse_args()
    manifest = json.loads(arguments.manifest.read_text(encoding="utf-8"))
    arguments.out.write_text(reference(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
