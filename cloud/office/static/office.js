// What a page of head office does by itself: it prints, and that is all.

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
