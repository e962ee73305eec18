"""Forecasts: who buys, who leaves and what that is worth, from summaries that dbt builds."""
