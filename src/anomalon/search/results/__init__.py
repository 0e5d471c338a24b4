"""What searches found: plain and frozen, the same in memory, in JSON and in the report."""
