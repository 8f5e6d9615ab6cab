// SPDX-License-Identifier: EUPL-1.2
// Coordinates as people read them, and the scale of a web Mercator map where it is looked at.
import { toLonLat } from "ol/proj";
import { PIXEL } from "../style/convert";
import type { Words } from "../messages";
import type { Crs } from "../state";

// EPSG:2180, ETRS89 / Poland CS92.
const POLAND = "+proj=tmerc +lat_0=0 +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 +ellps=GRS80 +units=m +no_defs";

type Forward = (lonLat: [number, number]) => [number, number];
let poland: Forward | null = null;

/** Fetches what the system needs; nothing for degrees. */
export async function prepare(crs: Crs): Promise<void> {
  if (crs !== "EPSG:2180" || poland) return;
  const { default: proj4 } = await import("proj4");
  const converter = proj4(POLAND);
  poland = (lonLat) => converter.forward(lonLat);
}

/** A web Mercator position in words; empty until `prepare` is done. */
export function describe(position: number[], crs: Crs, words: Words): string {
  const [longitude, latitude] = toLonLat(position) as [number, number];
  if (crs === "EPSG:4326") {
    const format = new Intl.NumberFormat(words.language, { minimumFractionDigits: 5, maximumFractionDigits: 5 });
    return `${format.format(latitude)}° N  ${format.format(longitude)}° E`;
  }
  if (!poland) return "";
  const [easting, northing] = poland([longitude, latitude]);
  const format = new Intl.NumberFormat(words.language, { maximumFractionDigits: 0 });
  return `${words.say("north")} ${format.format(northing)}  ${words.say("east")} ${format.format(easting)}`;
}

/** The denominator of the scale at the middle of the map: web Mercator stretches by 1/cos(latitude). */
export function scaleDenominator(resolution: number, centre: number[]): number {
  const latitude = (toLonLat(centre)[1] as number) * (Math.PI / 180);
  return (resolution * Math.cos(latitude)) / PIXEL;
}
