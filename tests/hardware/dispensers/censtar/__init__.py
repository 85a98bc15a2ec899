"""Censtar: frames whose length follows from the command, and sales that stay unread until they are confirmed."""
