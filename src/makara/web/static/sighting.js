// The form for a sighting. It is sent as JSON to this node alone; what the node refuses is said beside the button.
import { el, head } from "./panels.js";

const FIELDS = [
  ["lat", "Latitude", { required: true, maxlength: 40, placeholder: "17 30.5 S or -17.508" }],
  ["lon", "Longitude", { required: true, maxlength: 40, placeholder: "179 59.0 W or -179.983" }],
  ["radius_nmi", "Place right within (nmi)", { type: "number", min: 0.01, max: 100, step: "any" }],
  ["length_m", "Length (m)", { type: "number", min: 1, max: 500, step: "any" }],
  ["speed_kn", "Speed (kn)", { type: "number", min: 0, max: 99, step: "any" }],
  ["course_deg", "Course (\u00b0 true)", { type: "number", min: 0, max: 359.9, step: "any" }],
  ["platform", "Seen by", { maxlength: 500, placeholder: "aircraft, ship, lookout" }],
];

/** The panel's parts. ``at`` is the place to begin with; ``filed(answer)`` is called when the node has it. */
export function sightingPanel(at, close, filed) {
  const field = (name, label, control) => el("label", { class: "field" }, el("span", {}, label), control);
  const inputs = FIELDS.map(([name, label, more]) => field(name, label, el("input", { name, type: "text", autocomplete: "off", ...more, value: at[name] ?? null })));
  const now = new Date().toISOString().slice(0, 16);
  const when = el("input", { name: "time", type: "datetime-local", required: true, value: now });
  const said = el("p", { class: "said", role: "alert" });
  const send = el("button", { type: "submit", class: "send" }, "File the sighting");
  const form = el("form", { class: "sighting", autocomplete: "off" },
    field("time", "Time (UTC)", when), inputs, field("remarks", "Remarks", el("textarea", { name: "remarks", rows: 3, maxlength: 500 })), said, send);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const told = {};
    for (const [k, v] of new FormData(form)) {
      const text = String(v).trim();
      if (text) told[k] = form.elements[k].type === "number" ? Number(text) : text;
    }
    told.time += told.time.length === 16 ? ":00Z" : "Z";
    said.textContent = "";
    send.disabled = true;
    try {
      const r = await fetch("/api/v1/sightings", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) });
      const body = await r.json();
      if (!r.ok) throw new Error(body.error?.message || `HTTP ${r.status}`);
      filed(body);
    } catch (error) {
      said.textContent = `Not filed: ${error.message}`;
      send.disabled = false;
    }
  });
  return [head("Report a sighting", close), el("p", { class: "soft" }, "A contact that someone saw. It joins the picture as a detection; AIS is looked for at the next run."), form];
}
