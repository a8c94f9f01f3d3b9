"""Official forms as files."""
