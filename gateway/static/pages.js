// Every page works without this file. It keeps open pages from asking when nobody looks, says when they last asked, and does
// after an answer in place what a new page does by itself: mark what is wrong, and go to what was asked for.
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

const mark = (slot) => {
  const field = document.getElementById(slot.dataset.faultOf);
  const wrong = slot.childElementCount > 0;
  field.closest(".field").classList.toggle("utrecht-form-field--invalid", wrong);
  if (wrong) {
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
};

let searched = false;

document.addEventListener("htmx:beforeRequest", (event) => {
  searched = event.detail.requestConfig.triggeringEvent?.type === "submit";
});

document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll("[data-fault-of]").forEach(mark);
  if (searched) {
    searched = false;
    const results = document.getElementById("results");
    results.focus({ preventScroll: true });
    results.scrollIntoView();
  }
});
