-- Back to 001. What the tanks told is in their letters.
DROP TABLE tank_alarm;
DROP TABLE tank_delivery;
DROP TABLE tank_level;
DROP TABLE tank;
