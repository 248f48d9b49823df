// Every page works without this file. It only keeps open pages from asking when nobody looks, and says when they last asked.
"use strict";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.hasAttribute("data-live")) {
    event.preventDefault();
  }
});

document.addEventListener("figures-checked", (event) => {
  const place = document.querySelector("[data-checked]");
  if (place) {
    place.textContent = event.detail.value;
  }
});
