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

/** What a map is drawn on: outlines, else squares, else nothing. */
export interface Ground {
  readonly lands: readonly Land[];
  readonly tiles: readonly Tile[];
}

const known = new Map<string, Promise<Ground>>();

export function ground(figure: HTMLElement): Promise<Ground> {
  const outlines = figure.dataset.outlines ?? "/outlines.json";
  const tiles = figure.dataset.tiles ?? "/tiles.json";
  const key = `${outlines} ${tiles}`;
  const found = known.get(key) ?? load(outlines, tiles);
  known.set(key, found);
  return found;
}

async function load(outlines: string, tiles: string): Promise<Ground> {
  const found = await json<FeatureCollection<Polygon | MultiPolygon, State>>(outlines);
  if (found) return { lands: found.features.map(wound), tiles: [] };
  return { lands: [], tiles: (await json<Tile[]>(tiles)) ?? [] };
}

async function json<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    return answer.status === 200 ? ((await answer.json()) as T) : null;
  } catch {
    // No map is better than no page: what it shows is in the table.
    return null;
  }
}

/** Rings as d3-geo wants them: a state is less than half the globe, however its ring runs. */
function wound(land: Land): Land {
  const polygons = land.geometry.type === "Polygon" ? [land.geometry.coordinates] : land.geometry.coordinates;
  const coordinates = polygons.map((rings) => rings.map((ring, index) => turned(ring, index === 0)));
  return { ...land, geometry: { type: "MultiPolygon", coordinates } };
}

function turned(ring: Position[], isOuter: boolean): Position[] {
  const isSmall = geoArea({ type: "Polygon", coordinates: [ring] }) < 2 * Math.PI;
  return isSmall === isOuter ? ring : [...ring].reverse();
}

/** Where the middle of all that lies is, for a projection that keeps areas there. */
export function middle(lands: readonly Land[]): [number, number] {
  return geoCentroid({ type: "FeatureCollection", features: [...lands] });
}
