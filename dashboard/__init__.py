"""The dashboard and the report, over what is published."""

# The page that opens at the address without a name.
FIRST_PAGE = "overview"
