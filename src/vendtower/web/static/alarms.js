// The operator's alarms: a card for each, the most urgent first; a flood is one line.

import { make, post } from "./line.js";

const byId = (id) => document.getElementById(id);
const words = (value) => String(value ?? "").replaceAll("_", " ");
const title = document.title;
const cards = new Map();
const FLOOD = "C90";
const BEEP_EVERY_MS = 4000;

let newest = [];
let sound = null;

/** Show the alarms of the newest picture. A card is only rebuilt when its alarm changed. */
export function paintAlarms(alarms, timeZone) {
  newest = alarms;
  const flood = alarms.some((each) => each.code === FLOOD && each.active);
  const grouped = alarms.filter((each) => flood && each.grouped);
  const single = alarms.filter((each) => !grouped.includes(each));
  const wanting = alarms.filter((each) => each.wants_person).length;
  byId("alarms-count").textContent = alarms.length;
  byId("alarms").classList.toggle("needed", wanting > 0);
  document.title = wanting ? `(${wanting}) ${title}` : title;
  byId("alarms-grouped").hidden = grouped.length === 0;
  byId("alarms-grouped").textContent =
    `Grouped in a flood: ${grouped.map((each) => `${each.code} ${each.source}`).join(", ")}`;
  byId("alarms-none").hidden = alarms.length > 0;
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const keys = new Set(single.map(keyOf));
  for (const [key, card] of cards) {
    if (!keys.has(key)) { card.remove(); cards.delete(key); }
  }
  for (const each of single) {
    const key = keyOf(each);
    const text = JSON.stringify(each);
    const present = cards.get(key);
    if (present?.dataset.alarm === text) continue;
    const card = cardOf(each, time);
    card.dataset.alarm = text;
    if (present) present.replaceWith(card);
    cards.set(key, card);
  }
  // Moving a card that holds the focus would take it away, so they move only out of order.
  const list = byId("alarm-list");
  single.forEach((each, index) => {
    const card = cards.get(keyOf(each));
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
}

const keyOf = (each) => `${each.code} ${each.source}`;

function cardOf(each, time) {
  const at = (utc) => time.format(new Date(utc));
  const lines = [
    each.raised_utc && `raised ${at(each.raised_utc)}${each.activations > 1 ? `, ${each.activations} times` : ""}${each.chattering ? ", chattering" : ""}`,
    each.acknowledged_by && `acknowledged by ${each.acknowledged_by}${each.note ? `: ${each.note}` : ""}`,
    each.masked_by && `hidden by ${each.masked_by}: ${each.masked_reason}${each.shelved_until_utc ? `, until ${at(each.shelved_until_utc)}` : ""}`,
  ].filter(Boolean);
  const said = make("p", { class: "said", role: "status" });
  return make("article", { class: `alarm-card ${each.severity} ${each.state}` },
    make("h3", {}, `${each.code} ${each.source}: ${each.name}`,
      make("span", {}, `${each.severity}, ${words(each.state)}, ${each.active ? "holds" : "gone"}`)),
    make("p", {}, each.text),
    make("p", { class: "about" }, lines.join("; ")),
    make("details", {}, make("summary", {}, "What to do"),
      make("p", {}, `Cause: ${each.cause}`), make("p", {}, `Consequence: ${each.consequence}`),
      make("p", {}, `Do: ${each.action}`)),
    ...formsOf(each, said), said);
}

function formsOf(each, said) {
  if (each.state === "shelved") return [form(each, "unshelve", "Show again", [], said)];
  if (each.state === "out_of_service") return [form(each, "return", "Switch on again", [], said)];
  const forms = [];
  if (each.wants_person) {
    const releases = each.severity === "fatal" && each.state === "latched";
    forms.push(form(each, "ack", "Acknowledge", releases ? [
      make("label", {}, `Lifts may move after this. Type ${each.code} to confirm `,
        make("input", { name: "confirm", required: true, pattern: each.code, autocomplete: "off" })),
    ] : [], said));
  }
  if (each.severity !== "fatal" && each.state !== "latched") {
    forms.push(make("details", {}, make("summary", {}, "Shelve"), form(each, "shelve", "Shelve", [
      make("label", {}, "Minutes ", make("input", { name: "minutes", type: "number", min: 1, max: 1440, required: true })),
      make("label", {}, "Reason ", make("input", { name: "reason", required: true, maxlength: 1000 })),
    ], said)));
  }
  return forms;
}

function form(each, what, label, fields, said) {
  const name = make("input", { name: "by", required: true, maxlength: 100, autocomplete: "name", value: byName });
  const made = make("form", { class: `do-${what}` },
    make("div", { class: "fields" }, make("label", {}, "Your name ", name), ...fields),
    make("button", { type: "submit" }, label));
  made.addEventListener("submit", (event) => { event.preventDefault(); ask(each, what, made, said); });
  return made;
}

let byName = "";

async function ask(each, what, made, said) {
  const fields = new FormData(made);
  byName = fields.get("by");
  const body = { source: each.source, by: byName };
  if (fields.has("minutes")) body.minutes = Number(fields.get("minutes"));
  if (fields.has("reason")) body.reason = fields.get("reason");
  const button = made.querySelector("button");
  button.disabled = true;
  const answer = await post(`/api/alarms/${each.code}/${what}`, body);
  button.disabled = false;
  said.textContent = answer.text;
  said.classList.toggle("refused", !answer.ok);
}

// Sound until somebody acknowledges. A browser lets a page sound only after a click on it.

byId("alarm-sound").addEventListener("change", async (event) => {
  if (!event.target.checked) { await sound?.suspend(); return; }
  sound ??= new AudioContext();
  await sound.resume();
  beep();
});

function beep() {
  const loud = newest.filter((each) => each.wants_person && !each.grouped && each.severity !== "info");
  if (loud.length === 0 || sound?.state !== "running") return;
  const tone = sound.createOscillator();
  tone.frequency.value = loud.some((each) => each.severity === "fatal") ? 880 : 587;
  tone.connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.25);
}

setInterval(beep, BEEP_EVERY_MS);
