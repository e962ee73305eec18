"""Holdfast: everything around the dbt models: landing, builds, schedules, the console command."""
