// The camera: Web Mercator, world units (the globe is 1 wide), free to run past 180 degrees in x.

export const worldX = (lon) => lon / 360 + 0.5;
export const worldY = (lat) => {
  const s = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
};
export const lonOf = (x) => ((((x - 0.5) * 360 + 180) % 360) + 360) % 360 - 180;
export const latOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

const MOST = 256 * 2 ** 15;

export class View {
  constructor() {
    this.cx = worldX(100);
    this.cy = worldY(5);
    this.scale = 4000;
    this.w = 1;
    this.h = 1;
  }

  resize(w, h) {
    this.w = w;
    this.h = h;
    this.clamp();
  }

  clamp() {
    const least = Math.max(256, this.h / (worldY(-80) - worldY(80)), this.w);
    this.scale = Math.max(least, Math.min(MOST, this.scale));
    this.cx -= Math.floor(this.cx);
    const half = this.h / 2 / this.scale;
    this.cy = Math.max(worldY(85) + half, Math.min(worldY(-85) - half, this.cy));
  }

  x(wx) { return (wx - this.cx) * this.scale + this.w / 2; }
  y(wy) { return (wy - this.cy) * this.scale + this.h / 2; }
  lon(px) { return lonOf((px - this.w / 2) / this.scale + this.cx); }
  lat(py) { return latOf((py - this.h / 2) / this.scale + this.cy); }

  // Whole turns n for which something from x0 to x1 (world units) is on the screen.
  copies(x0, x1 = x0, margin = 30) {
    const half = this.w / 2 / this.scale + margin / this.scale;
    const out = [];
    for (let n = Math.ceil(this.cx - half - x1); n <= Math.floor(this.cx + half - x0); n++) out.push(n);
    return out;
  }

  pan(dx, dy) {
    this.cx -= dx / this.scale;
    this.cy -= dy / this.scale;
    this.clamp();
  }

  zoom(factor, px = this.w / 2, py = this.h / 2) {
    const wx = (px - this.w / 2) / this.scale + this.cx;
    const wy = (py - this.h / 2) / this.scale + this.cy;
    this.scale *= factor;
    this.clamp();
    this.cx = wx - (px - this.w / 2) / this.scale;
    this.cy = wy - (py - this.h / 2) / this.scale;
    this.clamp();
  }

  goto(lon, lat, scale = this.scale) {
    this.cx = worldX(lon);
    this.cy = worldY(lat);
    this.scale = scale;
    this.clamp();
  }

  // Show a box in degrees; w may be below -180 or e above 180.
  fit([w, s, e, n], margin = Math.max(36, Math.min(this.w, this.h) * 0.1)) {
    const wide = Math.max(worldX(e) - worldX(w), 1e-4);
    const high = Math.max(worldY(s) - worldY(n), 1e-4);
    this.scale = Math.min((this.w - 2 * margin) / wide, (this.h - 2 * margin) / high, 256 * 2 ** 9);
    this.cx = (worldX(w) + worldX(e)) / 2;
    this.cy = (worldY(s) + worldY(n)) / 2;
    this.clamp();
  }

  get zoomLevel() { return Math.log2(this.scale / 256); }

  toString() {
    return [lonOf(this.cx).toFixed(4), latOf(this.cy).toFixed(4), this.zoomLevel.toFixed(2)].join(",");
  }

  read(text) {
    const [lon, lat, zoom] = (text || "").split(",").map(Number);
    if (![lon, lat, zoom].every(Number.isFinite) || text === "") return false;
    this.goto(lon, lat, 256 * 2 ** zoom);
    return true;
  }
}

// The box around most of some places (lon, lat in degrees): the densest waters, across 180 if need be.
export function busiest(lons, lats) {
  if (!lons.length) return null;
  const cells = new Map();
  lons.forEach((lon, i) => {
    const key = Math.floor((lon + 180) / 6) + "/" + Math.floor((lats[i] + 90) / 6);
    cells.set(key, (cells.get(key) || 0) + 1);
  });
  const [top] = [...cells].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
  const [cx, cy] = top.split("/").map(Number);
  const lon0 = cx * 6 - 177, lat0 = cy * 6 - 87;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  lons.forEach((lon, i) => {
    const d = ((lon - lon0 + 540) % 360) - 180;
    if (Math.abs(d) > 11 || Math.abs(lats[i] - lat0) > 9) return;
    box[0] = Math.min(box[0], lon0 + d);
    box[2] = Math.max(box[2], lon0 + d);
    box[1] = Math.min(box[1], lats[i]);
    box[3] = Math.max(box[3], lats[i]);
  });
  return box;
}
