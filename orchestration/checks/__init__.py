"""Dagster asset checks beyond dbt's data tests."""
