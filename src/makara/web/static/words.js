// Values as people read them: UTC, degrees and minutes, plain words.

const KINDS = {
  gap: "AIS gap", encounter: "Encounter at sea", loitering: "Loitering", dark: "AIS-unmatched vessel",
  zone_entry: "Zone entry", identity: "Identity conflict",
};
const SENSORS = { sar: "radar satellite", optical: "optical satellite", viirs: "night lights", rf: "radio emission", radar: "coastal radar", patrol: "patrol" };
export const STATES = { m: "matched with AIS", u: "AIS-unmatched", q: "cannot tell" };

export const kind = (k) => (k === null ? "withheld" : KINDS[k] || plain(k));
export const sensor = (s) => SENSORS[s] || plain(s);
export const plain = (s) => { const t = String(s ?? "withheld").replaceAll("_", " "); return t.charAt(0).toUpperCase() + t.slice(1); };
const two = (n) => String(n).padStart(2, "0");
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export function time(s, year = false) {
  if (s === null || s === undefined) return "time withheld";
  const d = new Date(s * 1000);
  const day = `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
  return `${day}${year ? " " + d.getUTCFullYear() : ""} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}Z`;
}

export const seconds = (iso) => (iso ? Date.parse(iso) / 1000 : null);

export function span(s) {
  const m = Math.max(0, Math.round(s / 60));
  if (m < 60) return `${m} min`;
  if (m < 48 * 60) return `${Math.floor(m / 60)} h ${two(m % 60)} min`;
  return `${Math.floor(m / 1440)} days`;
}

function angle(v, digits, plus, minus) {
  const tenths = Math.round(Math.abs(v) * 600);
  return `${String(Math.floor(tenths / 600)).padStart(digits, "0")}\u00b0${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}\u2032${v < 0 ? minus : plus}`;
}

export function place(lon, lat) {
  return lon === null || lat === null ? "place withheld" : `${angle(lat, 2, "N", "S")} ${angle(lon, 3, "E", "W")}`;
}

export const number = (n, unit = "") => (n === null || n === undefined ? "" : `${+(+n).toPrecision(4)}${unit ? " " + unit : ""}`);
export const count = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
export const percent = (p) => (p === null || p === undefined ? "not stated" : `${Math.round(p * 100)} %`);
