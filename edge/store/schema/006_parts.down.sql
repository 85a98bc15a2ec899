-- Back to 005. The coupon book comes again, whole, with the next hello.
DROP TABLE coupon_part;
DELETE FROM book WHERE kind IN ('coupons', 'coupons_coming');
