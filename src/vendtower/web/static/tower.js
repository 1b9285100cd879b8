// The picture of the tower: sets classes, titles and positions in the SVG that the page came with.

const byId = (id) => document.getElementById(id);
const carText = (car) => [car.plate, car.model, car.vin].filter(Boolean).join(", ");

function mark(element, classes) {
  for (const [name, on] of Object.entries(classes)) element.classList.toggle(name, Boolean(on));
}

function title(element, text) {
  const node = element.querySelector("title");
  if (node.textContent !== text) node.textContent = text;
}

/** Paint one picture; site is the answer of /api/site. */
export function paintTower(site, picture) {
  const machine = picture.status.machine_fresh ? picture.status.machine : null;
  const cars = new Map(picture.cars.map((car) => [car.where, car]));
  const out = new Map(picture.out_of_service.map((note) => [note.place, note.reason]));
  for (const slot of site.slots) {
    const place = `slot ${slot.number}`;
    paintSlot(slot.number, cars.get(place), machine, out.get(place));
  }
  for (const bay of site.bays) {
    const report = machine?.bays.find((each) => each.number === bay.number);
    paintBay(bay.number, cars.get(`bay ${bay.number}`), report);
    mark(byId(`bay-${bay.number}`), { out: out.has(`bay ${bay.number}`) });
  }
  for (const lift of site.lifts) {
    const report = machine?.lifts.find((each) => each.number === lift.number);
    paintLift(site.drawing, lift.number, cars.get(`lift ${lift.number}`), report);
    mark(byId(`lift-${lift.number}`), { out: out.has(`lift ${lift.number}`) });
  }
}

function paintSlot(number, car, machine, out) {
  const element = byId(`slot-${number}`);
  const seen = machine?.slots.occupied.includes(number);
  const doubtful = machine?.slots.doubtful.includes(number);
  const blocked = machine?.slots.blocked.includes(number);
  const onItsWay = car && ["moving", "returning", "ordered"].includes(car.state);
  const differs = machine !== null && !doubtful && seen !== Boolean(car) && !onItsWay;
  mark(element, { taken: car, ordered: onItsWay, doubtful, blocked: blocked || out, differs });
  const notes = [
    car ? carText(car) : "free",
    doubtful && "sensor in doubt",
    blocked && "blocked",
    out && `out of service: ${out}`,
    differs && (seen ? "sensor sees a car, ledger has none" : "ledger has a car, sensor sees none"),
  ];
  title(element, `slot ${number}: ${notes.filter(Boolean).join("; ")}`);
}

function paintBay(number, car, report) {
  const element = byId(`bay-${number}`);
  mark(element, {
    taken: car || report?.presence,
    person: report?.person_inside,
    estop: report?.estop_pressed,
    known: report,
  });
  for (const door of ["inner", "outer"]) {
    element.querySelector(`.door.${door}`).dataset.state = report?.[`${door}_door`] ?? "unknown";
  }
  title(element, report ? `bay ${number}: ${bayText(report)}` : `bay ${number}: no data`);
}

/** A bay in words. */
export function bayText(report) {
  const door = (name) =>
    `${report[`${name}_door`]}${report[`${name}_locked`] ? " and locked" : ""}`;
  return [
    `tower door ${door("inner")}`,
    `street door ${door("outer")}`,
    report.presence ? `car, ${report.weight_kg} kg` : "no car",
  ].join("; ");
}

function paintLift(drawing, number, car, report) {
  const lift = byId(`lift-${number}`);
  const mast = byId(`mast-${number}`);
  mark(lift, { gone: !report });
  mark(mast, { gone: !report });
  if (!report) return;
  const turn = ((report.turn_position_deg % 360) + 360) % 360;
  const x = drawing.left + turn * drawing.units_per_deg;
  const y = drawing.ground_y - (report.hoist_position_mm - drawing.ground_mm) * drawing.units_per_mm;
  // Over the seam at 360 degrees the cab would sweep across the whole wall.
  const jumps = Math.abs(x - Number(lift.dataset.x ?? x)) > 180 * drawing.units_per_deg;
  mark(lift, {
    taken: car || report.load === "car",
    fault: ["failed", "aborted"].includes(report.job_state) || report.load === "shifted",
    jumps,
  });
  mark(mast, { jumps });
  lift.dataset.x = x;
  lift.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  mast.style.transform = `translate(${x.toFixed(1)}px, 0px)`;
  const stroke = drawing.lifts[number].shuttle_stroke_mm;
  const reach = Math.min(1, Math.abs(report.shuttle_position_mm) / stroke);
  lift.querySelector(".shuttle").setAttribute("width", (reach * drawing.cell_width).toFixed(1));
  title(lift, `lift ${number}: ${liftText(report)}`);
}

/** A lift in words. */
export function liftText(report) {
  return [
    report.standstill ? "stands" : "moves",
    `${(report.hoist_position_mm / 1000).toFixed(2)} m`,
    `${report.turn_position_deg.toFixed(1)}°`,
    `shuttle ${report.shuttle_position_mm} mm`,
    report.load === "car" ? `car, ${report.load_kg} kg` : report.load,
  ].join("; ");
}
