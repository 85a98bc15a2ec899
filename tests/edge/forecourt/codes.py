"""The key with which head office signs coupons in these stories."""

from shared.signing import new_private_key, public_key

PRIVATE = new_private_key()
PUBLIC = public_key(PRIVATE)
