-- Back to 002. How sales were settled and meters explained is in the letters.
ALTER TABLE nozzle DROP COLUMN totaliser_at;
DROP INDEX sale_disputed;
DROP TABLE meter_line;
DROP TABLE dispute;
