"""How dbt nodes look in Dagster: their groups, owners and descriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject
from dagster_dbt.asset_utils import default_description_fn

DEFAULT_OWNER = "team:analytics-engineering"
# Layers whose folders are groups of their own.
WIDE_LAYERS = ("staging", "marts")


class Translator(DagsterDbtTranslator):
    """Groups by folder, owners from `config.meta.owner`, descriptions as dbt has them."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Such as marts_core, staging_crm, intermediate, seeds, raw."""
        kind = dbt_resource_props["resource_type"]
        if kind == "source":
            return dbt_resource_props["source_name"]
        if kind == "seed":
            return "seeds"
        folders = dbt_resource_props["fqn"][1:-1]
        depth = 2 if folders[:1] and folders[0] in WIDE_LAYERS else 1
        return "_".join(folders[:depth]) or "models"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        """`config.meta.owner`: an e-mail address, `team:<name>`, or a list of these."""
        owner = dbt_resource_props.get("config", {}).get("meta", {}).get("owner")
        if not owner:
            return [DEFAULT_OWNER]
        return [owner] if isinstance(owner, str) else list(owner)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """dbt's description, and the SQL where there is any."""
        return default_description_fn(
            dbt_resource_props, display_raw_sql=bool(dbt_resource_props.get("raw_code"))
        )

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """dagster-dbt's spec; what dashboards show ends with their pages."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        pages = shown_by(manifest, unique_id)
        return (
            spec.replace_attributes(description=f"{spec.description}\n\n{pages}") if pages else spec
        )

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """dagster-dbt's spec, with the test's own description."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        description = manifest["nodes"][unique_id].get("description")
        return spec._replace(description=description) if spec and description else spec


def shown_by(manifest: Mapping[str, Any], unique_id: str) -> str:
    """The pages that show a model, as links; nothing where there is none."""
    pages = [
        f"[{one['label']}]({one['url']})"
        for _, one in sorted(manifest.get("exposures", {}).items())
        if unique_id in one["depends_on"]["nodes"] and one.get("url")
    ]
    return f"Shown by: {', '.join(pages)}" if pages else ""
