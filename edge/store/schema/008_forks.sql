-- Of a former epoch: what the company had confirmed when it ended, and up to where it was told the rest, whole. Numbers
-- alone prove nothing: after the image of a disk was put back, others of the same numbers may be at head office.
ALTER TABLE former_epoch ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE former_epoch ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE former_epoch SET told = 2147483647;
