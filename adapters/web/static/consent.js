// Whether this browser's questions may improve the assistant: asked once beside the first rating, changeable from the footer.

import { element } from "./dom.js";
import { call } from "./server.js";
import { word } from "./words.js";

const dialog = document.getElementById("consent");
const shown = document.getElementById("consent-state");
const link = document.getElementById("consent-link");
const state = { asks: false, consent: "unasked" };

/** Take over what the server knows of this browser. */
export function startConsent(session) {
  state.asks = session.asks_consent;
  link.hidden = !state.asks;
  noteConsent(session.consent);
}

/** Note a decision that the server told of. */
export function noteConsent(consent) {
  state.consent = consent;
  shown.textContent = sentence();
  for (const button of dialog.querySelectorAll("[data-granted]")) {
    const chosen = consent === (button.dataset.granted === "true" ? "granted" : "refused");
    button.setAttribute("aria-pressed", String(chosen));
  }
}

/** Ask at the end of `place`, where nobody decided yet. */
export function askConsentBeside(place) {
  if (!state.asks || state.consent !== "unasked") return;
  document.querySelector(".consent-ask")?.remove();
  const trouble = element("p", { className: "trouble-text", role: "alert" });
  const box = element("div", { className: "consent-ask", role: "group", "aria-label": word("consent") });
  const choice = (granted) => async () => {
    if (await decide(granted, trouble)) box.replaceWith(element("p", { className: "said", role: "status" }, sentence()));
  };
  box.append(
    element("p", {}, element("strong", {}, word("consent"))),
    element("p", {}, word("consent_note")),
    element(
      "div",
      { className: "choices" },
      element("button", { type: "button", className: "choice", onclick: choice(true) }, word("yes")),
      element("button", { type: "button", className: "choice", onclick: choice(false) }, word("no")),
    ),
    trouble,
  );
  place.append(box);
}

function sentence() {
  return word({ granted: "consent_yes", refused: "consent_no", unasked: "consent_unasked" }[state.consent]);
}

async function decide(granted, trouble) {
  try {
    noteConsent((await call("/api/consent", { granted })).consent);
    return true;
  } catch (failure) {
    trouble.textContent = failure.message;
    return false;
  }
}

link.addEventListener("click", () => dialog.showModal());
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
for (const button of dialog.querySelectorAll("[data-granted]")) {
  button.addEventListener("click", async () => {
    if (await decide(button.dataset.granted === "true", shown)) document.querySelector(".consent-ask")?.remove();
  });
}
