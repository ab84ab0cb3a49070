"""From stored results to tables, figures and statistics."""
