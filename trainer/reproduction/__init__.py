"""The papers' tables and figures, made anew part by part and set beside the printed values."""
