// SPDX-License-Identifier: EUPL-1.2
// What every page of the server has: the look, and small maps that load only where there is one.
import "@fontsource-variable/source-sans-3/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/admin.css";
import "./styles/records.css";
import "./styles/catalogue.css";

if (document.querySelector("brama-map")) void import("./brama-map");
if (document.querySelector("brama-draw")) void import("./brama-draw");
