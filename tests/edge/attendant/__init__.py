"""The touchscreen, on a forecourt of straw."""
