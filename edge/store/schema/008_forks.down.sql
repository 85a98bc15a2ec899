-- Back to 007.
ALTER TABLE former_epoch DROP COLUMN told;
ALTER TABLE former_epoch DROP COLUMN confirmed;
