// Parts and counters on the operator's page: read when somebody looks.

import { make } from "./line.js";

const UNITS = { hours: " h", energy_kwh: " kWh" };
const words = (value) => String(value ?? "").replaceAll("_", " ");
const share = (value) => `${Math.round(value * 100)} %`;

export async function loadWear(timezone) {
  const [{ parts }, { counters }] = await Promise.all(
    ["/api/parts", "/api/counters"].map(async (path) => (await fetch(path)).json()),
  );
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, dateStyle: "medium" });
  const cell = (text) => make("td", {}, text);
  document.querySelector("#wear tbody").replaceChildren(...(parts ?? []).map((part) => make("tr", { title: part.check },
    cell(part.name), cell(part.place),
    cell(part.due === "fine" ? "" : `${part.due === "soon" ? "soon" : "OVERDUE"}${part.blocking ? ", nothing moves" : ""}`),
    cell(share(part.inspection.share)), cell(share(part.life.share)),
    cell(`${day.format(new Date(part.last.utc))} ${words(part.last.care)}${part.last.by ? ` by ${part.last.by}` : ""}`))));
  document.getElementById("wear-counters").replaceChildren(...(counters ?? []).map((each) => make("li", {},
    `${each.place}, ${words(each.counter)}: ${Math.round(each.total * 10) / 10}${UNITS[each.counter] ?? ""}`)));
}
