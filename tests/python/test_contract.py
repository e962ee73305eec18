from pathlib import Path

import pytest

from orchestration.contract import LOADER_COLUMNS, read_contract
from orchestration.errors import HoldfastError

PROJECT = Path(__file__).parents[2]


def sources(tmp_path: Path, text: str, name: str = "_x__sources.yml") -> Path:
    path = tmp_path / "models" / "staging" / "x" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return tmp_path


def test_the_project_states_keys_requirements_and_personal_data():
    contract = read_contract(PROJECT)
    customers = contract["crm_customers"]
    pii = {c.name: c.contains_pii for c in customers.columns if c.contains_pii}
    assert customers.key == ("customer_id",)
    assert customers.has_pii
    assert pii == {"full_name": "name", "email": "email", "phone": "phone"}
    assert [c.name for c in customers.columns if c.is_required] == ["customer_id", "created_at"]
    assert contract["finance_exchange_rates"].key == ("rate_date", "from_currency", "to_currency")
    assert not contract["shop_refunds"].has_pii
    status = next(c for c in contract["shop_orders"].columns if c.name == "status")
    assert status.codes == ("pending", "paid", "fulfilled", "cancelled", "void", "fraud")


def test_every_key_is_a_required_column_and_loader_columns_are_left_out():
    for table in read_contract(PROJECT).values():
        required = {c.name for c in table.columns if c.is_required}
        # of a key of several columns, others may be empty: spend of no campaign is a row of its own
        assert table.key[0] in required, table.name
        assert set(table.key) <= {c.name for c in table.columns}, table.name
        assert not {c.name for c in table.columns} & set(LOADER_COLUMNS), table.name
        assert not table.name.startswith("landing_")


def test_erasure_finds_every_row_of_a_person():
    """Ids of customers, orders and invitations say whose they are; free text is cleared."""
    parents = {"order_id": "shop_orders", "invitation_id": "voice_survey_invitations"}
    for table in read_contract(PROJECT).values():
        for column in table.columns:
            where = (table.name, column.name)
            if column.name.endswith("customer_id") and table.name != "crm_customers":
                assert column.refers_to == "crm_customers", where
            elif column.name in parents and parents[column.name] != table.name:
                assert column.refers_to == parents[column.name], where
            if column.name in ("comment", "birth_date"):
                assert column.is_cleared_on_erasure, where


def test_a_missing_contract_is_named(tmp_path):
    with pytest.raises(HoldfastError, match="no raw contract"):
        read_contract(tmp_path)


@pytest.mark.parametrize(
    "column",
    ["{name: a}", "{name: a, config: {meta: {type: token, contains_pii: nickname}}}"],
)
def test_a_wrong_column_is_named_with_its_file(tmp_path, column):
    text = (
        "sources: [{name: raw, tables: [{name: t, config: {meta: {key: [a]}},"
        f" columns: [{column}]}}]}}]"
    )
    with pytest.raises(HoldfastError, match=r"_x__sources\.yml"):
        read_contract(sources(tmp_path, text))


def test_invalid_yaml_and_a_table_stated_twice_are_errors(tmp_path):
    text = (
        "sources: [{name: raw, tables: [{name: t, config: {meta: {key: [a]}},"
        " columns: [{name: a, config: {meta: {type: id}}}]}]}]"
    )
    sources(tmp_path, text)
    assert list(read_contract(tmp_path)) == ["t"]
    sources(tmp_path, text, "_y__sources.yml")
    with pytest.raises(HoldfastError, match="stated twice"):
        read_contract(tmp_path)
    sources(tmp_path, "sources: [", "_y__sources.yml")
    with pytest.raises(HoldfastError, match="not valid YAML"):
        read_contract(tmp_path)
