"""View models: properties and change signals, no widgets."""
