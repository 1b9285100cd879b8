// Places out of service, leases and power: words for the operator's page.

import { make } from "./line.js";

const words = (value) => String(value ?? "").replaceAll("_", " ");

/** The note on a place, in words; empty when it is in service. */
export function outOfService(picture, place) {
  const note = picture.out_of_service.find((each) => each.place === place);
  if (!note) return "";
  const waits = note.in_effect ? "" : `, once ${words(note.waits_for)} has ended`;
  return `out of service${waits}: ${note.reason} (${note.by})`;
}

/** Why a lift serves nobody, beside what people have taken out; empty when it serves. */
export function notInService(status, lift) {
  const found = status.lifts_not_in_service.find((each) => each.lift === lift);
  return found ? `not in service: ${found.reason}` : "";
}

/** Text and level of the power chip. */
export function powerChip(power) {
  if (power.profile === "normal") return ["normal", "good"];
  const most = power.moving_lifts_max;
  return [`reduced to ${most} moving lift${most === 1 ? "" : "s"}: ${power.why}`, "warn"];
}

/** Rows of the table of leases. */
export function leaseRows(leases) {
  return leases.map((each) => make("tr", { class: each.behind ? "ended" : "" },
    make("td", {}, each.resource),
    make("td", {}, each.owner, each.behind ? make("small", {}, `waits behind ${each.behind}`) : null),
    make("td", {}, words(each.phase)),
    make("td", { class: "figure" }, left(each)),
    make("td", {}, each.left_s === null ? "a person ends it" : words(each.at_end))));
}

function left(lease) {
  if (lease.left_s === null) return "";
  const seconds = Math.abs(Math.round(lease.left_s));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return lease.overdue ? `overdue ${text}` : text;
}
