"""The sample company: a deterministic generator of raw tables with a known true process."""
