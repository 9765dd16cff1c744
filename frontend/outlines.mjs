// The outlines of the states as GeoJSON, made of @svg-maps/india (CC BY 4.0): its drawing is in Mercator's projection.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The corners of the drawing in degrees: west, east, north, south. */
const [WEST, EAST, NORTH, SOUTH] = [68.18, 97.4, 37.08, 6.76];
/** How far a point may lie from the simplified line, in units of the drawing, which is 612 units wide. */
const TOLERANCE = 0.4;
/** Where ISO 3166-2 has another code than the drawing. Two areas have been one territory since 2020. */
const CODES = { ct: "CG", tg: "TS", or: "OD", ut: "UK", dn: "DH", dd: "DH" };
/** Names where the drawing's is not today's. It has one outline for Jammu and Kashmir and Ladakh. */
const NAMES = { DH: "Dadra and Nagar Haveli and Daman and Diu", JK: "Jammu and Kashmir, with Ladakh" };

const rad = Math.PI / 180;
const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * rad) / 2));

/** Return a FeatureCollection: one feature a state, with `code` (IN-KL) and `name`, and its credit. */
export function outlines() {
  const path = createRequire(import.meta.url).resolve("@svg-maps/india");
  // Its package does not say that it is a module, which Node.js 18 needs: what it exports is JSON.
  const map = JSON.parse(readFileSync(path, "utf8").replace(/^export default /, "").replace(/;\s*$/, ""));
  const [, , width, height] = map.viewBox.split(" ").map(Number);
  const lands = new Map();
  for (const { id, name, path: drawn } of map.locations) {
    const letters = CODES[id] ?? id.toUpperCase();
    const polygons = rings(drawn)
      .map((ring) => simplify(ring).map((point) => degrees(point, width, height)))
      .filter((ring) => ring.length >= 4)
      .map((ring) => [ring]);
    const known = lands.get(letters);
    if (known) known.geometry.coordinates.push(...polygons);
    else
      lands.set(letters, {
        type: "Feature",
        properties: { code: `IN-${letters}`, name: NAMES[letters] ?? name },
        geometry: { type: "MultiPolygon", coordinates: polygons },
      });
  }
  return { type: "FeatureCollection", credit: "@svg-maps/india, CC BY 4.0", features: [...lands.values()] };
}

/** Return longitude and latitude of a point of the drawing. */
function degrees([x, y], width, height) {
  const north = mercator(NORTH) - (y / height) * (mercator(NORTH) - mercator(SOUTH));
  const lat = (2 * Math.atan(Math.exp(north)) - Math.PI / 2) / rad;
  return [round(WEST + (x / width) * (EAST - WEST)), round(lat)];
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}

/** Return the closed rings of a path of SVG that has lines only. */
function rings(drawn) {
  const words = drawn.match(/[a-df-zA-DF-Z]|[-+]?(?:\d*\.\d+|\d+\.?)(?:e[-+]?\d+)?/g);
  const found = [];
  let [at, command, x, y] = [0, "", 0, 0];
  const next = () => Number.parseFloat(words[at++]);
  while (at < words.length) {
    if (/^[a-zA-Z]/.test(words[at])) command = words[at++];
    const ring = found[found.length - 1];
    if (command === "z" || command === "Z") {
      [x, y] = ring[0];
      ring.push([x, y]);
      continue;
    }
    if (!"mMlL".includes(command)) throw new Error(`a path of the map has "${command}", which is not read`);
    const isRelative = command === command.toLowerCase();
    [x, y] = [next() + (isRelative ? x : 0), next() + (isRelative ? y : 0)];
    if (command === "m" || command === "M") {
      found.push([[x, y]]);
      command = isRelative ? "l" : "L";
    } else ring.push([x, y]);
  }
  return found;
}

/** Return a closed ring with fewer points: each half by the rule of Douglas and Peucker. */
function simplify(ring) {
  const [x, y] = ring[0];
  const off = ([px, py]) => apart(px - x, py - y);
  const far = ring.reduce((best, point, at) => (off(point) > off(ring[best]) ? at : best), 0);
  return [...reduce(ring.slice(0, far + 1)), ...reduce(ring.slice(far)).slice(1)];
}

function reduce(line) {
  if (line.length < 3) return line;
  const [[x1, y1], [x2, y2]] = [line[0], line[line.length - 1]];
  const long = apart(x2 - x1, y2 - y1) || 1;
  let [most, at] = [0, 0];
  for (let index = 1; index < line.length - 1; index++) {
    const [px, py] = line[index];
    const off = Math.abs((x2 - x1) * (y1 - py) - (x1 - px) * (y2 - y1)) / long;
    if (off > most) [most, at] = [off, index];
  }
  if (most <= TOLERANCE) return [line[0], line[line.length - 1]];
  return [...reduce(line.slice(0, at + 1)), ...reduce(line.slice(at)).slice(1)];
}

function apart(dx, dy) {
  return Math.hypot(dx, dy);
}
