"""Head office's pages."""
