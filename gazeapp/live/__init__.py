"""Online pipeline, inference worker, recorder, drivers: every thread below Qt is owned here."""
