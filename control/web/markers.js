// Marks of an editor on the picture: hotspots and entry poses that are not published yet.

import { labelPoint, toPage } from "./geometry.js";

const MARKERS_MAX = 600;
const TEXT_MAX = 80;

export class Markers {
  /** `onShown` has them placed: the picture may rest for long. */
  constructor(layer, onShown) {
    this._layer = layer;
    this._onShown = onShown;
    this._markers = [];
  }

  /** Each has an `id`, a `label`, a `kind` ("hotspot" or "entry") and a `position` (metres) or a `direction`. */
  show(markers) {
    this._markers = markers.slice(0, MARKERS_MAX).map(({ id, label, kind, position, direction, selected }) => {
      const mark = document.createElement("div");
      mark.className = "marker";
      mark.dataset.marker = String(id);
      mark.dataset.kind = kind === "entry" ? "entry" : "hotspot";
      mark.dataset.selected = String(Boolean(selected));
      mark.textContent = String(label ?? id).slice(0, TEXT_MAX);
      return { mark, position, direction };
    });
    this._layer.replaceChildren(...this._markers.map(({ mark }) => mark));
    this._onShown();
  }

  /** Put them where the shown frame has their places. */
  place(frame, box, video, fit) {
    for (const marker of this._markers) {
      const at = toPage(labelPoint(marker, frame, 0), frame, box, video, fit);
      marker.mark.style.visibility = at === null ? "hidden" : "";
      if (at) marker.mark.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px)`;
    }
  }
}
