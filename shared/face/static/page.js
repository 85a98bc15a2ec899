// Everything that a page does by itself, in small modules. The server draws; these only open, close, count and point.
import "./toasts.js";
import "./sheets.js";
import "./stale.js";
import "./keypad.js";
import "./rows.js";
import "./ticks.js";
import "./idle.js";
