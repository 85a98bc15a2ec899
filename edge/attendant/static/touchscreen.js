// What the touchscreen adds: the code scanner, and keys.
import "./scanner.js";
import "./keys.js";
