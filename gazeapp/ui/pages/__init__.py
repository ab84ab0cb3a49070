"""Pages of the main window: each binds a view model to widgets."""
