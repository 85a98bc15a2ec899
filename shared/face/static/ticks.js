// Times that run by themselves, by the server's clock: data-since counts up from then, data-clock tells the time.
// A clock names its minutes ahead of UTC, for the station's day is not always the browser's.

let ahead = 0; // milliseconds that the server's clock is ahead of this browser's

document.body.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type !== "beat") return;
  ahead = Number(event.detail.data) - Date.now();
  tick();
});

const two = (number) => String(number).padStart(2, "0");

function length(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() + ahead;
  for (const element of document.querySelectorAll("[data-since]")) {
    write(element, length(Math.max(0, Math.floor((now - Number(element.dataset.since)) / 1000))));
  }
  for (const element of document.querySelectorAll("[data-clock]")) {
    const local = new Date(now + Number(element.dataset.clock) * 60_000);
    write(element, `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`);
  }
}

setInterval(tick, 500);
for (const drawn of ["htmx:afterSettle", "htmx:sseMessage"]) {
  document.body.addEventListener(drawn, () => requestAnimationFrame(tick));
}
tick();
