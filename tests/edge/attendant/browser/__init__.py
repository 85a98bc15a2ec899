"""The touchscreen in Chromium, as a hand or a keyboard meets it."""
