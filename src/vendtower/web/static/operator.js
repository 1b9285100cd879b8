// The operator's page: fills the lists from the stream and keeps the forms of the cases.

import { paintAlarms } from "./alarms.js";
import { listen, make, post } from "./line.js";
import { leaseRows, notInService, outOfService, powerChip } from "./operating.js";
import { loadWear } from "./wear.js";
import { bayText, liftText, paintTower } from "./tower.js";

const byId = (id) => document.getElementById(id);
const words = (value) => String(value ?? "").replaceAll("_", " ");
const site = await (await fetch("/api/site")).json();
let picture = null;

listen(
  "/api/stream",
  { picture: (newest) => { picture = newest; paint(); } },
  () => document.body.classList.add("lost"),
  () => document.body.classList.toggle("lost", picture === null),
);

function paint() {
  document.body.classList.remove("lost");
  const { status } = picture;
  byId("clock").textContent = new Intl.DateTimeFormat("en-GB", {
    timeZone: site.timezone, dateStyle: "medium", timeStyle: "medium",
  }).format(new Date(status.utc));
  paintHealth(status);
  byId("why").hidden = status.in_service;
  byId("why").textContent = `Out of service: ${status.out_of_service_why.join("; ") || "no reason given"}`;
  const stale = !status.machine_fresh || status.machine === null;
  byId("stale").hidden = !stale;
  document.querySelector(".wall").classList.toggle("old", stale);
  paintTower(site, picture);
  paintParts(stale ? null : status.machine, status.kiosks);
  paintAlarms(picture.alarms, site.timezone);
  paintCases();
  paintLists();
}

function paintHealth(status) {
  const chip = (name, text, level) =>
    make("li", { class: `chip ${level}` }, make("b", {}, name), ` ${text}`);
  const { outbox, plc, cloud, machine } = status;
  const machineText = machine === null ? "no data" : `${words(machine.state)}, ${words(machine.mode)}`;
  const faults = machine?.safety_faults ?? [];
  const safety = !status.machine_fresh || machine === null ? "not known" : faults.map(words).join(", ") || "healthy";
  byId("health").replaceChildren(
    chip("Service", status.in_service ? "in service" : "out of service", status.in_service ? "good" : "bad"),
    chip("PLC", words(plc.state) + (plc.reason ? `: ${plc.reason}` : ""), plc.state === "up" ? "good" : "bad"),
    chip("Machine", status.machine_fresh ? machineText : "old data", status.machine_fresh ? "good" : "bad"),
    chip("Mode", words(status.mode) + (status.maintenance ? ` by ${status.maintenance.holder}` : ""),
      status.mode === "automatic" ? "good" : "warn"),
    ...status.stops.map((each) => chip("Stop", `${each.kind} ${each.place}: ${each.state}`, "bad")),
    ...status.overrides.map((each) => chip("Override", `${each.hindrance}, ${each.state}, until ${each.ends_at.slice(11, 16)} UTC`, "warn")),
    chip("Safety", safety, safety === "healthy" ? "good" : "bad"),
    chip("Power", ...powerChip(status.power)),
    chip("Faces", status.face_available ? "available" : "not available", status.face_available ? "good" : "warn"),
    chip("Cloud", cloud.reachable ? "reachable" : cloud.note || "no answer", cloud.reachable ? "good" : "warn"),
    chip("Reservations", ...listChip(status.reservation_list)),
    chip("Outbox", `${outbox.waiting} waiting, ${outbox.dead} dead`, outbox.dead ? "warn" : "good"),
  );
}

function listChip(list) {
  if (list === null) return ["not known", "warn"];
  const bad = list.state === "too_old" || list.state === "never_confirmed" || list.refusal || list.unproven.length;
  return [list.text, bad ? "bad" : list.state === "confirmed" && list.signed ? "good" : "warn"];
}

function paintParts(machine, kiosks) {
  const cards = (machine?.lifts ?? []).map((lift) => {
    const job = lift.job_state === "none" ? "no job" : `${words(lift.job_state)} ${words(lift.job_step)}`;
    const notes = [liftText(lift), lift.inhibits.length ? `inhibited: ${lift.inhibits.map(words).join(", ")}` : ""];
    const troubles = [lift.job_error && words(lift.job_error), outOfService(picture, `lift ${lift.number}`), notInService(picture.status, lift.number)];
    return card(`Lift ${lift.number}`, job.trim(), notes, troubles.filter(Boolean).join("; "));
  });
  for (const bay of machine?.bays ?? []) {
    const kiosk = kiosks.find((each) => each.bay === bay.number);
    const alarms = [
      bay.person_inside && "Person inside",
      bay.estop_pressed && "Emergency stop pressed",
      bay.call_pressed && "Call button pressed",
      outOfService(picture, `bay ${bay.number}`),
    ].filter(Boolean);
    cards.push(card(`Bay ${bay.number}`, kiosk ? `kiosk: ${words(kiosk.phase)}` : "", [bayText(bay)], alarms.join(", ")));
  }
  byId("parts").replaceChildren(...cards);
}

function card(name, state, notes, alarm) {
  return make("article", { class: alarm ? "alarm" : "" },
    make("h3", {}, name, make("span", {}, state)),
    ...notes.filter(Boolean).map((note) => make("p", {}, note)),
    alarm ? make("p", { class: "alarm-text" }, alarm) : null);
}

// Cases: a form is only rebuilt when its case changed, so that nobody loses what they type.

const forms = new Map();

function paintCases() {
  const open = picture.cases.filter((each) => each.open);
  byId("cases-count").textContent = open.length;
  byId("cases").classList.toggle("needed", open.length > 0);
  for (const number of forms.keys()) {
    if (!open.some((each) => each.case_id === number)) { forms.get(number).remove(); forms.delete(number); }
  }
  byId("nothing")?.remove();
  for (const each of open) {
    const text = JSON.stringify(each);
    const present = forms.get(each.case_id);
    if (present?.dataset.case === text) continue;
    const form = caseForm(each);
    form.dataset.case = text;
    if (present) present.replaceWith(form);
    else byId("case-list").append(form);
    forms.set(each.case_id, form);
  }
  if (open.length === 0) byId("case-list").append(make("p", { id: "nothing" }, "Nobody is needed."));
}

function caseForm(each) {
  const number = each.case_id;
  const about = [each.vin && `car ${each.vin}`, each.lift && `lift ${each.lift} stays still`, each.bay && `bay ${each.bay} stays untouched`];
  const follows = make("ul", { class: "follows" });
  const number_ = { type: "number", min: 1, inputmode: "numeric" };
  const more = {
    slot: make("label", { hidden: true }, "Slot ", make("input", { name: "slot", ...number_ })),
    bay: make("label", { hidden: true }, "Bay ", make("input", { name: "bay", ...number_ })),
    car: make("label", { hidden: true }, "VIN or plate ", make("input", { name: "car", maxlength: 100, autocomplete: "off" })),
  };
  const choices = each.answers.map((answer) => {
    const radio = make("input", { type: "radio", name: "settlement", value: answer.settlement, required: true });
    radio.addEventListener("change", () => {
      for (const [name, label] of Object.entries(more)) {
        label.hidden = !answer[`wants_${name}`];
        label.querySelector("input").required = answer[`wants_${name}`];
      }
      follows.replaceChildren(...answer.consequences.map((line) => make("li", {}, line)));
      follows.classList.toggle("moves", answer.may_move);
    });
    return make("label", { class: "choice" }, radio, ` ${answer.meaning}`);
  });
  const said = make("p", { class: "said", role: "status" });
  const form = make("form", { class: "case", id: `case-${number}` },
    make("h3", {}, `Case ${number}`, make("span", {}, words(each.kind))),
    make("p", { class: "question" }, each.question),
    make("p", { class: "about" }, about.filter(Boolean).join("; ")),
    make("details", {}, make("summary", {}, "Answer"),
      make("fieldset", {}, make("legend", {}, "What is true?"), ...choices), ...Object.values(more), follows,
      make("div", { class: "fields" },
        make("label", {}, "Your name ", make("input", { name: "by", required: true, maxlength: 100, autocomplete: "name" })),
        make("label", {}, "Note ", make("input", { name: "note", maxlength: 1000 })),
        make("label", {}, `Type ${number} to confirm `, make("input", { name: "confirm", required: true, pattern: number, inputmode: "numeric", autocomplete: "off" }))),
      make("button", { type: "submit" }, "Settle case"), said));
  form.addEventListener("submit", (event) => { event.preventDefault(); settle(form, number, said); });
  return form;
}

async function settle(form, number, said) {
  const fields = new FormData(form);
  const body = { settlement: fields.get("settlement"), by: fields.get("by"), note: fields.get("note") };
  for (const name of ["slot", "bay"])
    if (form.querySelector(`input[name=${name}]`).required) body[name] = Number(fields.get(name));
  if (form.querySelector("input[name=car]").required) body.car = fields.get("car");
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await post(`/api/cases/${number}/settle`, body);
  button.disabled = false;
  said.textContent = answer.text;
  said.classList.toggle("refused", !answer.ok);
}

// Lists

const cell = (text, kind) => make("td", kind ? { class: kind } : {}, text ?? "");

function fill(id, rows, count) {
  byId(id).querySelector("tbody").replaceChildren(...rows);
  const badge = byId(`tab-${id}`).querySelector(".count");
  if (badge && count !== undefined) badge.textContent = count;
}

function paintLists() {
  const plates = new Map(picture.cars.map((car) => [car.vin, car.plate || car.vin]));
  const plate = (vin) => plates.get(vin) ?? vin ?? "";
  const visits = [...picture.visits].sort((one, other) => one.ended - other.ended);
  fill("visits", visits.map((visit) => make("tr", { class: visit.ended ? "ended" : "" },
    cell(visit.reservation_id),
    make("td", {}, words(visit.state), visit.reason ? make("small", {}, words(visit.reason)) : null),
    cell(plate(visit.vin)),
    make("td", {}, visit.car_where ?? "", visit.car_left_because ? make("small", {}, words(visit.car_left_because)) : null), cell(duration(visit.car_eta_s), "figure"))),
  visits.filter((visit) => !visit.ended).length);
  const dropoffs = [...picture.dropoffs].reverse().sort((one, other) => one.ended - other.ended);
  fill("dropoffs", dropoffs.map((each) => make("tr", { class: each.ended ? "ended" : "" },
    cell(each.plate || each.vin), cell(each.new ? "new car" : each.reservation_id ?? "return"),
    make("td", {}, words(each.state), each.reason ? make("small", {}, words(each.reason)) : null),
    cell(each.bay, "figure"), cell(measured(each.measurement)))),
  dropoffs.filter((each) => !each.ended).length);
  fill("leases", leaseRows(picture.leases), picture.leases.filter((each) => !each.behind).length);
  const jobs = [...picture.jobs].reverse();
  fill("jobs", jobs.map((job) => make("tr", { class: job.open ? "" : "ended" },
    cell(job.job_id, "figure"), cell(words(job.verb)),
    cell([job.source, job.destination].filter(Boolean).join(" → ")), cell(plate(job.vin)),
    make("td", {}, words(job.state), job.reason ? make("small", {}, words(job.reason)) : null),
    cell(job.asked_utc ? localTime(job.asked_utc) : ""), cell(jobSeconds(job), "figure"))),
  jobs.filter((job) => job.open).length);
  const wanted = byId("car-search").value.trim().toLowerCase();
  const cars = picture.cars.filter((car) =>
    [car.plate, car.model, car.vin, car.where].join(" ").toLowerCase().includes(wanted));
  fill("cars", cars.map((car) => make("tr", {}, cell(car.where), cell(car.plate), cell(car.model),
    cell(car.vin), cell(words(car.state)))), picture.cars.length);
}

function measured(found) {
  if (found === null) return "";
  return `${found.length_mm} × ${found.width_mm} × ${found.height_mm} mm, ${found.weight_kg} kg`;
}

function duration(seconds) {
  if (seconds === null) return "";
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function localTime(utc) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: site.timezone, timeStyle: "medium" });
  return clock.format(new Date(utc));
}

// While it runs nobody knows how long it takes; afterwards the work counts, not the waiting.
function jobSeconds(job) {
  const seconds = job.work_s ?? job.whole_s;
  return seconds === null ? "" : seconds.toFixed(1);
}

async function loadEvents() {
  const answer = await (await fetch("/api/events?limit=100")).json();
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: site.timezone, timeStyle: "medium" });
  fill("events", (answer.events ?? []).map((event) => make("tr", {},
    cell(time.format(new Date(event.utc))), cell(event.event_type.replace("com.vendtower.", "")),
    cell(event.subject), cell(event.delivery))));
}

// Tabs after the ARIA pattern: arrows move between them.

const tabs = [...document.querySelectorAll("[role=tab]")];

function select(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", chosen);
    each.tabIndex = chosen ? 0 : -1;
    byId(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (tab.id === "tab-events") loadEvents();
  if (tab.id === "tab-wear") loadWear(site.timezone);
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    select(next);
    next.focus();
  });
}
byId("wear-load").addEventListener("click", () => loadWear(site.timezone));
byId("events-load").addEventListener("click", loadEvents);
byId("car-search").addEventListener("input", () => { if (picture) paintLists(); });
