// A kiosk's page paints what the controller sends and decides nothing. It starts as "out of
// service" and falls back to it whenever two seconds pass without a word from the controller.

import { listenToCondition, paintCondition } from "./condition.js";
import { listen, post } from "./line.js";

const byId = (id) => document.getElementById(id);
const here = `/kiosk/${document.body.dataset.kiosk}`;
const ICONS = {
  free: "car", checking_in: "look", verifying: "look", refused: "no", staff_route: "staff",
  bringing_car: "car", condition: "look", key_take: "key", key_back: "key", key_with_staff: "staff", hand_over: "door", goodbye: "done", referred: "staff",
  preparing_bay: "door", drive_in: "door", leave_bay: "door", measuring: "look",
  confirm_clear: "look", storing: "done", returned: "done", drive_out: "no",
};
const SVG = "http://www.w3.org/2000/svg";
const SAID_MS = 6000;
const ETA_KEEP_S = 2;
const BEEP_EVERY_MS = 800;

let view = null;
let readyAt = null;
let saidUntil = 0;

// A line that only stalled comes back with a beat, and then the last view still holds: the
// controller sends a new one as soon as anything differs.
listen(`${here}/stream`, { view: (newest) => { view = newest; paint(); } }, outOfService, () => {
  if (view) paint();
});

function outOfService() {
  document.body.dataset.phase = "out_of_service";
  byId("serving").hidden = true;
  byId("lost").hidden = false;
  byId("staff-lost").hidden = true;
  put("lost-notice", "");
}

function put(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

function paint() {
  const closed = view.phase === "out_of_service";
  document.documentElement.lang = view.language;
  document.documentElement.dir = view.direction;
  document.body.dataset.phase = view.phase;
  document.body.dataset.gesture = view.gesture;
  byId("serving").hidden = closed;
  byId("lost").hidden = !closed;
  put("staff-lost", view.words.staff_call);
  put("lost-notice", closed ? view.notice : "");
  if (closed) return;
  put("title", view.title);
  put("body", view.body);
  put("hint", view.hint);
  put("greeting", view.greeting);
  put("notice", view.notice);
  put("case", view.case_text);
  put("route", view.route);
  put("touch", view.touch);
  put("other-way", view.other_way);
  paintKeypad();
  put("confirm", view.confirm);
  put("key", view.key);
  paintCondition(view.form);
  byId("plate-form").hidden = view.plate === "";
  byId("plate-label").textContent = view.plate;
  byId("plate-done").textContent = view.plate_done;
  put("name-label", view.name_label);
  byId("name-field").hidden = view.name_label === "";
  if (view.name_label === "") byId("name").value = "";
  if (view.sound) beep();
  put("reopen", view.reopen);
  put("staff", view.words.staff_call);
  byId("icon").firstElementChild.setAttribute("href", `#icon-${view.gesture || (ICONS[view.phase] ?? "car")}`);
  for (const button of document.querySelectorAll("#languages button")) {
    button.setAttribute("aria-pressed", button.dataset.language === view.language);
  }
  paintEta();
  paintGlimpse();
}

// What was typed stays in the controller; the page shows how much of it there is.

function paintKeypad() {
  put("keypad", view.keypad);
  byId("pad").hidden = view.keypad === "";
  byId("typed").textContent = "\u25cf ".repeat(view.typed).trim();
  byId("key-clear").setAttribute("aria-label", view.words.keypad_clear);
  byId("key-enter").setAttribute("aria-label", view.words.keypad_enter);
}

function paintEta() {
  byId("eta").hidden = !view.shows_eta;
  if (view.eta_s === null) {
    readyAt = null;
  } else {
    const newAt = performance.now() + view.eta_s * 1000;
    // A figure that jitters by a second at each message reads as unsure.
    if (readyAt === null || Math.abs(newAt - readyAt) > ETA_KEEP_S * 1000) readyAt = newAt;
  }
  countDown();
}

function countDown() {
  if (!view?.shows_eta) return;
  if (readyAt === null) {
    byId("eta-label").textContent = view.words.eta_unknown;
    byId("eta-figure").textContent = "";
    return;
  }
  const left = Math.ceil((readyAt - performance.now()) / 1000);
  byId("eta-label").textContent = left > 0 ? view.words.eta_label : view.words.eta_soon;
  byId("eta-figure").textContent =
    left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "";
}

// The lift on its way, small: one line per level, one box per lift.

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function paintGlimpse() {
  const floors = byId("floors");
  if (floors.childElementCount !== view.levels) {
    const step = 200 / Math.max(1, view.levels - 1);
    floors.replaceChildren(...Array.from({ length: view.levels }, (_, index) =>
      shape("path", { d: `M4 ${(230 - index * step).toFixed(1)}h92` })));
  }
  const cabs = byId("cabs");
  if (cabs.childElementCount !== view.lifts.length) {
    const width = Math.min(44, 80 / view.lifts.length);
    cabs.replaceChildren(...view.lifts.map((_, index) => shape("rect", {
      x: 50 + (index - (view.lifts.length - 1) / 2) * (width + 6) - width / 2,
      y: 206, width, height: 22, rx: 4,
    })));
  }
  view.lifts.forEach((share, index) => {
    cabs.children[index].style.transform = `translateY(${(-200 * share).toFixed(1)}px)`;
  });
}

// A reminder is heard as well as seen. A browser that wants a touch before any sound stays silent;
// the kiosk's board sounds all the same.
let sound = null;
let quietUntil = 0;

function beep() {
  if (performance.now() < quietUntil) return;
  quietUntil = performance.now() + BEEP_EVERY_MS;
  sound ??= new AudioContext();
  const tone = new OscillatorNode(sound, { frequency: 880 });
  const loudness = new GainNode(sound, { gain: 0.2 });
  tone.connect(loudness).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.25);
}

function say(text) {
  put("said", text);
  saidUntil = performance.now() + SAID_MS;
}

async function send(what, body, words) {
  const answer = await post(`${here}/${what}`, body);
  if (view === null) return;
  if (!answer.ok) say(view.words.not_sent);
  else if (words) say(words());
}

const callStaff = () => send("staff", {}, () => view.words.staff_called);
byId("touch").addEventListener("click", () => send("touch", {}));
byId("other-way").addEventListener("click", () => send("other-way", {}));
for (const key of document.querySelectorAll("#keys button")) {
  key.addEventListener("click", () => send("key", { key: key.dataset.key }));
}
byId("confirm").addEventListener("click", () => {
  const name = byId("name").value.trim();
  send("confirm", { question: view.question, ...(name === "" ? {} : { by: name }) });
});
listenToCondition(send);
byId("plate-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await send("return", { plate: byId("plate").value.trim() });
  byId("plate-form").reset();
});
byId("key").addEventListener("click", () => send("compartment", {}));
byId("reopen").addEventListener("click", () => send("reopen", {}));
byId("staff").addEventListener("click", callStaff);
byId("staff-lost").addEventListener("click", callStaff);
for (const button of document.querySelectorAll("#languages button")) {
  button.addEventListener("click", () => send("language", { language: button.dataset.language }));
}
setInterval(() => {
  countDown();
  if (!byId("said").hidden && performance.now() > saidUntil) put("said", "");
}, 250);
