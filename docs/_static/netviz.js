// What moves by itself stops for readers who want less motion; what scrolls sideways can be reached with the keyboard.
const less = matchMedia("(prefers-reduced-motion: reduce)");
for (const film of document.querySelectorAll("video[data-moving]")) {
  const settle = () => { if (less.matches) film.pause(); else film.play().catch(() => {}); };
  less.addEventListener("change", settle);
  settle();
}
const reach = () => {
  for (const each of document.querySelectorAll("pre, .table-wrapper")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0; else each.removeAttribute("tabindex");
  }
};
addEventListener("resize", reach);
addEventListener("toggle", reach, true);
reach();
// Both columns beside the text are landmarks: each says which it is.
document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "Site");
document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "On this page");
// The page of what a search found has no title of its own.
document.getElementById("search-results")?.insertAdjacentHTML("beforebegin", "<h1>Search</h1>");
