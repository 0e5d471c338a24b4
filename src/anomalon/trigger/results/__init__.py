"""What was found: results, and what they tell."""
