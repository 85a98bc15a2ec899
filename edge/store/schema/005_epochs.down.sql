-- Back to 004. Letters keep the epoch that they were written in.
ALTER TABLE station DROP COLUMN backup_at;
ALTER TABLE station DROP COLUMN machine;
DROP TABLE former_epoch;
