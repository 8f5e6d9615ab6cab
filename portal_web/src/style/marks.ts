// SPDX-License-Identifier: EUPL-1.2
// The server's own pictures as path data in a square of 20 by 20; the server draws from the same files.

export const SIDE = 20;

const files = import.meta.glob<string>("../../../layers/rendering/marks/*.svg", { query: "?raw", import: "default", eager: true });

const paths = new Map(
  Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.svg$/g, ""), /<path d="([^"]+)"/.exec(text)?.[1] ?? ""]),
);

/** Names of all pictures. */
export function names(): string[] {
  return [...paths.keys()].sort();
}

/** Path data of a picture; a square for one that is not known. */
export function pathOf(name: string): string {
  return paths.get(name.replace(/^marks\/|\.svg$/g, "")) ?? "M0 0H20V20H0Z";
}
