import { geoArea, geoCentroid } from "d3-geo";
import type { Feature, FeatureCollection, MultiPolygon, Polygon, Position } from "geojson";

export interface State {
  code: string;
  name: string;
}

export type Land = Feature<Polygon | MultiPolygon, State>;

export interface Tile {
  code: string;
  short: string;
  x: number;
  y: number;
}

/** The map below a chart: outlines, otherwise squares, otherwise nothing. */
export interface Basemap {
  readonly lands: readonly Land[];
  readonly tiles: readonly Tile[];
  /** Whose work the outlines are, where their terms ask for it. */
  readonly credit: string;
}

const known = new Map<string, Promise<Basemap>>();

export function loadBasemap(figure: HTMLElement): Promise<Basemap> {
  const outlines = figure.dataset.outlines ?? "/outlines.json";
  const tiles = figure.dataset.tiles ?? "/tiles.json";
  const key = `${outlines} ${tiles}`;
  const base = known.get(key) ?? load(outlines, tiles);
  known.set(key, base);
  return base;
}

async function load(outlines: string, tiles: string): Promise<Basemap> {
  const collection = await json<FeatureCollection<Polygon | MultiPolygon, State> & { credit?: string }>(outlines);
  if (collection) return { lands: collection.features.map(orientLand), tiles: [], credit: collection.credit ?? "" };
  return { lands: [], tiles: (await json<Tile[]>(tiles)) ?? [], credit: "" };
}

async function json<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    return answer.status === 200 ? ((await answer.json()) as T) : null;
  } catch {
    // A page without a map is better than no page: the table shows the same data.
    return null;
  }
}

/** Orient rings as d3-geo needs them: a state covers less than half the globe. */
function orientLand(land: Land): Land {
  const polygons = land.geometry.type === "Polygon" ? [land.geometry.coordinates] : land.geometry.coordinates;
  const coordinates = polygons.map((rings) => rings.map((ring, index) => orientRing(ring, index === 0)));
  return { ...land, geometry: { type: "MultiPolygon", coordinates } };
}

function orientRing(ring: Position[], isOuter: boolean): Position[] {
  const isSmall = geoArea({ type: "Polygon", coordinates: [ring] }) < 2 * Math.PI;
  return isSmall === isOuter ? ring : [...ring].reverse();
}

/** Return the centre of all lands, for an equal-area projection. */
export function centroid(lands: readonly Land[]): [number, number] {
  return geoCentroid({ type: "FeatureCollection", features: [...lands] });
}
