// A row of a table that leads somewhere is tapped anywhere; its link remains for the keyboard.

document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, label, summary")) return;
  event.target.closest("tr.goes")?.querySelector("a")?.click();
});
