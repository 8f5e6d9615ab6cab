// SPDX-License-Identifier: EUPL-1.2
// What the tests do with OpenLayers in a page of another origin: each function gives plain data to Python.

proj4.defs(
  "EPSG:2180",
  "+proj=tmerc +lat_0=0 +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 +ellps=GRS80 +units=m +axis=neu +no_defs",
);
// The same system by the names of OGC, under which the services tell of it.
for (const name of ["urn:ogc:def:crs:EPSG::2180", "http://www.opengis.net/def/crs/EPSG/0/2180"]) {
  proj4.defs(name, proj4.defs("EPSG:2180"));
}
ol.proj.proj4.register(proj4);

const SPACE = { app: null };

/** The kinds of layers by name; `server` is the address of the services. */
const LAYERS = {
  imageWms: ({ server, projection }) =>
    new ol.layer.Image({
      source: new ol.source.ImageWMS({
        url: `${server}/wms`, params: { LAYERS: "blocks" }, ratio: 1, projection, crossOrigin: "anonymous",
      }),
    }),
  tileWms: ({ server, projection }) =>
    new ol.layer.Tile({
      source: new ol.source.TileWMS({
        url: `${server}/wms`, params: { LAYERS: "blocks" }, projection, crossOrigin: "anonymous",
      }),
    }),
  wmts: async ({ server, grid, encoding }) => {
    const document = await text(`${server}/wmts?service=WMTS&request=GetCapabilities`);
    const capabilities = new ol.format.WMTSCapabilities().read(document);
    const options = ol.source.WMTS.optionsFromCapabilities(capabilities, {
      layer: "blocks", matrixSet: grid, requestEncoding: encoding, crossOrigin: "anonymous",
    });
    // OpenLayers takes the templates of all formats at once, as if they were mirrors of one.
    if (encoding === "REST") options.urls = options.urls.filter((url) => url.endsWith(".png"));
    if (options.requestEncoding !== encoding) throw new Error(`offered is ${options.requestEncoding}`);
    return new ol.layer.Tile({ source: new ol.source.WMTS(options) });
  },
  mapTiles: ({ server, grid }) =>
    new ol.layer.Tile({
      source: new ol.source.OGCMapTile({
        url: `${server}/ogc/collections/blocks/map/tiles/${grid}`, mediaType: "image/png", crossOrigin: "anonymous",
      }),
    }),
  maps: ({ server, projection }) =>
    new ol.layer.Image({
      source: new ol.source.OGCMap({ url: `${server}/ogc/collections/blocks/map`, ratio: 1, projection, crossOrigin: "anonymous" }),
    }),
  vectorTiles: ({ server, grid, projection }) =>
    new ol.layer.VectorTile({
      source: new ol.source.OGCVectorTile({
        url: `${server}/ogc/collections/blocks/tiles/${grid}`, format: new ol.format.MVT(), projection,
      }),
      style: new ol.style.Style({ fill: new ol.style.Fill({ color: "#204080" }) }),
    }),
};

/** The box in map units that the drawn pixels fill of `box`, and what was not loaded. */
async function drawn(kind, asked, projection, box, side) {
  const target = document.createElement("div");
  target.style.cssText = `width:${side}px;height:${side}px`;
  document.body.append(target);
  const layer = await LAYERS[kind]({ ...asked, projection });
  const unit = (box[2] - box[0]) / side;
  const view = new ol.View({
    projection, center: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], resolution: unit, constrainResolution: false,
  });
  const wrong = [];
  for (const event of ["imageloaderror", "tileloaderror", "error"]) layer.getSource().on(event, () => wrong.push(event));
  await ready(layer.getSource());
  const map = new ol.Map({ target, layers: [layer], view, controls: [], interactions: [], pixelRatio: 1 });
  await new Promise((done) => map.once("rendercomplete", done));
  const filled = pixels(target, side);
  map.setTarget(null);
  target.remove();
  if (filled === null) return { wrong, drawn: null };
  const [left, top, right, bottom] = filled;
  return {
    wrong,
    drawn: [box[0] + left * unit, box[3] - (bottom + 1) * unit, box[0] + (right + 1) * unit, box[3] - top * unit],
  };
}

/** Sources of OGC API read their tile set's metadata first. */
async function ready(source) {
  while (source.getState() === "loading") await new Promise((done) => setTimeout(done, 20));
  if (source.getState() !== "ready") throw new Error(`the source is ${source.getState()}`);
}

/** First and last column and row in which something is drawn: left, top, right, bottom. */
function pixels(target, side) {
  const whole = new OffscreenCanvas(side, side).getContext("2d");
  for (const canvas of target.querySelectorAll(".ol-layer canvas")) {
    whole.setTransform(new DOMMatrix(canvas.style.transform || "none"));
    whole.drawImage(canvas, 0, 0);
  }
  const { data } = whole.getImageData(0, 0, side, side);
  const columns = [], rows = [];
  for (let at = 0; at < side * side; at++) {
    if (data[4 * at + 3] > 40) {
      columns.push(at % side);
      rows.push(Math.floor(at / side));
    }
  }
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return columns.length ? [least(columns), least(rows), most(columns), most(rows)] : null;
}

/** Features of a WFS layer that a view of `box` makes a source load, by its strategy of boxes. */
async function inBox(server, version, form, projection, box) {
  const names = version === "1.1.0" ? "typename" : "typenames";
  const json = form === "json";
  const source = new ol.source.Vector({
    format: json ? new ol.format.GeoJSON() : new ol.format.WFS({ version }),
    url: (extent) =>
      `${server}/wfs?service=WFS&version=${version}&request=GetFeature&${names}=app:places` +
      `${json ? "&outputFormat=application/json" : ""}&srsname=${projection}&bbox=${ordered(extent, projection)},${projection}`,
    strategy: ol.loadingstrategy.bbox,
  });
  const ended = new Promise((done, failed) => {
    source.on("featuresloadend", done);
    source.on("featuresloaderror", () => failed(new Error("featuresloaderror")));
  });
  source.loadFeatures(box, 10, ol.proj.get(projection));
  await ended;
  return plain(source.getFeatures());
}

/** A box with its numbers in the order of the system's axes: OpenLayers writes a filter's box as it is given. */
function ordered(box, projection) {
  const [west, south, east, north] = box;
  return ol.proj.get(projection).getAxisOrientation().startsWith("ne") ? [south, west, north, east] : box;
}

/** Features that a request written by OpenLayers finds: `name` like a pattern, or in a box. */
async function found(server, version, projection, condition) {
  const format = new ol.format.WFS({ version });
  const filters = {
    like: (pattern) => ol.format.filter.like("name", pattern, "*", "?", "!"),
    between: (low, high) => ol.format.filter.between("x", low, high),
    box: (...box) => ol.format.filter.bbox("geom", ordered(box, projection), projection),
  };
  const [kind, ...values] = condition;
  const body = format.writeGetFeature({
    srsName: projection, featureNS: SPACE.app, featurePrefix: "app", featureTypes: ["places"],
    filter: filters[kind](...values),
  });
  const answer = await text(`${server}/wfs`, { method: "POST", body: new XMLSerializer().serializeToString(body) });
  return plain(format.readFeatures(answer, { dataProjection: projection, featureProjection: projection }));
}

/** Sends one transaction that adds a tree, changes and moves the first, deletes the third. */
async function edited(server, version, token) {
  const format = new ol.format.WFS({ version });
  const added = new ol.Feature({ kind: "jesion wyniosły", girth: 77, geom: new ol.geom.Point([550010.5, 500020.25]) });
  const changed = new ol.Feature({ kind: "grab <&>", girth: 101, geom: new ol.geom.Point([550099.5, 500011.5]) });
  const deleted = new ol.Feature();
  for (const feature of [added, changed]) feature.setGeometryName("geom");
  changed.setId("trees.1");
  deleted.setId("trees.3");
  const body = format.writeTransaction([added], [changed], [deleted], {
    featureNS: SPACE.app, featurePrefix: "app", featureType: "trees", srsName: "urn:ogc:def:crs:EPSG::2180", version,
    gmlOptions: { srsName: "urn:ogc:def:crs:EPSG::2180" }, hasZ: false,
  });
  const headers = { "Content-Type": "text/xml", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(`${server}/wfs`, { method: "POST", headers, body: new XMLSerializer().serializeToString(body) });
  const said = await answer.text();
  return { status: answer.status, said, ...(answer.ok ? format.readTransactionResponse(said) : {}) };
}

/** All features of a collection of OGC API Features, page by page. */
async function items(server, projection, limit) {
  const format = new ol.format.GeoJSON();
  const all = [];
  let pages = 0, matched;
  for (let next = `${server}/ogc/collections/places/items?limit=${limit}&f=json`; next; pages++) {
    const page = await (await fetch(next)).json();
    matched = page.numberMatched;
    all.push(...format.readFeatures(page, { featureProjection: projection }));
    next = page.links.find((link) => link.rel === "next")?.href;
  }
  return { features: plain(all), pages, matched };
}

/** What web maps of other origins see of an answer's headers. */
async function seen(address, name) {
  return (await fetch(address)).headers.get(name);
}

async function text(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.text();
}

function plain(features) {
  return features.map((feature) => {
    const { [feature.getGeometryName()]: geometry, ...values } = feature.getProperties();
    return { id: feature.getId(), xy: geometry.getFirstCoordinate().slice(0, 2), values };
  });
}
