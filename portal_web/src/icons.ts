// SPDX-License-Identifier: EUPL-1.2
// The few signs of the portal, from Lucide (ISC licence), as inline SVG.
import arrowDown from "lucide-static/icons/arrow-down.svg?raw";
import arrowUp from "lucide-static/icons/arrow-up.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import home from "lucide-static/icons/house.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import layers from "lucide-static/icons/layers.svg?raw";
import list from "lucide-static/icons/list.svg?raw";
import locate from "lucide-static/icons/locate.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import panelLeft from "lucide-static/icons/panel-left.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import scan from "lucide-static/icons/scan.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import sliders from "lucide-static/icons/sliders-horizontal.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import close from "lucide-static/icons/x.svg?raw";

const SIGNS = {
  alert, arrowDown, arrowUp, chevronRight, close, eye, eyeOff, home, info, layers, list, locate, mapPin, minus,
  panelLeft, plus, scan, search, sliders,
};

export type IconName = keyof typeof SIGNS;

/** A sign of 18 px; what it means is said by the element that holds it. */
export function icon(name: IconName): SVGElement {
  const parsed = new DOMParser().parseFromString(SIGNS[name].replace(/<!--.*?-->/s, ""), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true) as unknown as SVGElement;
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}
