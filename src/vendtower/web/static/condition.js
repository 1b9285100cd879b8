// The form for a car's condition: figures, and a signature that is drawn or replaced by a button.
// The controller decides what of it counts.

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const SIDE = 1000;
const STROKES_MAX = 64;
const POINTS_MAX = 4000;

let strokes = [];
let drawing = null;

export function paintCondition(form) {
  const shown = !byId("condition").hidden;
  byId("condition").hidden = !form;
  if (!form) {
    if (shown) empty();
    return;
  }
  for (const [id, label] of [["odometer", form.odometer], ["energy", form.energy]]) {
    byId(`${id}-field`).hidden = label === "";
    byId(`${id}-label`).textContent = label;
  }
  for (const [id, label] of [["sign-label", form.sign], ["sign-clear", form.clear], ["sign-done", form.done], ["accept", form.accept]]) {
    byId(id).textContent = label;
  }
}

export function listenToCondition(send) {
  const pad = byId("signature");
  pad.addEventListener("pointerdown", (event) => {
    if (strokes.length >= STROKES_MAX) return;
    pad.setPointerCapture(event.pointerId);
    const line = document.createElementNS(SVG, "polyline");
    pad.append(line);
    drawing = { line, points: [] };
    strokes.push(drawing.points);
    add(event);
  });
  pad.addEventListener("pointermove", (event) => { if (drawing) add(event); });
  for (const ending of ["pointerup", "pointercancel"]) {
    pad.addEventListener(ending, () => { drawing = null; });
  }
  byId("sign-clear").addEventListener("click", clear);
  byId("accept").addEventListener("click", () => send("condition", { ...figures(), accepted: true }));
  byId("condition").addEventListener("submit", (event) => {
    event.preventDefault();
    send("condition", { ...figures(), strokes });
  });
}

function add(event) {
  if (strokes.reduce((count, each) => count + each.length, 0) >= POINTS_MAX) return;
  const box = byId("signature").getBoundingClientRect();
  const at = (share) => Math.round(Math.min(1, Math.max(0, share)) * SIDE);
  drawing.points.push([at((event.clientX - box.left) / box.width), at((event.clientY - box.top) / box.height)]);
  drawing.line.setAttribute("points", drawing.points.map((point) => point.join(",")).join(" "));
  byId("sign-done").disabled = false;
}

function clear() {
  strokes = [];
  drawing = null;
  byId("signature").replaceChildren();
  byId("sign-done").disabled = true;
}

function empty() {
  clear();
  byId("condition").reset();
}

function figures() {
  const found = {};
  const odometer = byId("odometer");
  const energy = byId("energy");
  if (odometer.value !== "" && odometer.validity.valid) found.odometer_km = odometer.valueAsNumber;
  if (energy.value !== "" && energy.validity.valid) found.energy_percent = energy.valueAsNumber;
  return found;
}
