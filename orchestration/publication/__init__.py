"""Audit, then publish: readers open whole generations of the marts, never the build file."""
