/* 探索器畫的小房子：樓層、寬度、車庫、屋頂都照數字；解碼的與真的用同一個畫法。 */
(function () {
  "use strict";

  const FOOT = 0.3048;
  const STOREY = 2.8; // 公尺
  const DEPTH = 0.7; // 深是寬的幾倍：由面積算寬
  const BAY = 3.2; // 一個車位多寬
  const FULL = 0.75; // 二樓有一樓的這麼大，就是整層；小一點是閣樓
  const DETACHED = ["Detchd", "CarPort"];
  const PITCH = { Gable: 0.36, Hip: 0.3, Gambrel: 0.42, Mansard: 0.34, Shed: 0.26, Flat: 0 };
  const STEEPEST = 5; // 屋頂最高幾公尺
  const VIEW = { width: 30, height: 13 }; // 公尺；放不下的更寬

  /** 要畫的幾樣。amount(代碼) 是數字（沒有就是 0），level(代碼) 是水準的代碼。 */
  function features(amount, level) {
    return {
      ground: Math.max(0, amount("1stFlrSF")), upper: Math.max(0, amount("2ndFlrSF")), cars: Math.max(0, Math.round(amount("GarageCars"))),
      detached: DETACHED.includes(level("GarageType")), roof: level("RoofStyle"), fireplaces: Math.max(0, Math.round(amount("Fireplaces"))),
    };
  }

  /** 公尺：房子多寬、幾層、二樓多寬、車庫多寬、屋頂多高。 */
  function shape({ ground, upper, cars, detached, roof, fireplaces }) {
    const width = Math.sqrt((ground * FOOT ** 2) / DEPTH), ratio = ground > 0 ? Math.min(1, upper / ground) : 0;
    const storeys = upper <= 0 ? 1 : ratio >= FULL ? 2 : 1.5;
    return {
      width, storeys, upperWidth: storeys === 1.5 ? width * Math.max(0.3, ratio) : storeys === 2 ? width : 0,
      garage: cars * BAY, cars, gap: cars && detached ? 1.5 : 0, roof, pitch: Math.min(STEEPEST, width * (PITCH[roof] ?? PITCH.Gable)), chimney: fireplaces > 0,
    };
  }

  /** 屋頂的輪廓，由左下的屋簷到右下的屋簷；起點是 (x, y)，y 往上是負的。 */
  function roofPath(kind, x, y, width, height) {
    const out = 0.4, [l, r] = [x - out, x + width + out], at = (share) => l + share * (r - l);
    const tops = {
      Flat: [[l, y - 0.4], [r, y - 0.4]],
      Hip: [[at(0.25), y - height], [at(0.75), y - height]],
      Mansard: [[at(0.12), y - height], [at(0.88), y - height]],
      Gambrel: [[at(0.15), y - 0.65 * height], [at(0.5), y - height], [at(0.85), y - 0.65 * height]],
      Shed: [[at(0), y - height]],
    }[kind] ?? [[at(0.5), y - height]];
    return `M${[[l, y], ...tops, [r, y]].map((point) => point.map((value) => value.toFixed(2)).join()).join("L")}Z`;
  }

  class Drawing {
    constructor(parent) {
      this.box = parent.append("figure");
      this.svg = this.box.append("svg").attr("role", "img");
      this.caption = this.box.append("figcaption");
    }

    /** amount、level 同 features；roofName 是屋頂的中文。 */
    show(title, amount, level, roofName) {
      const found = features(amount, level), plan = shape(found);
      const ping = (feet) => Explorer.words.amount(feet, "平方呎");
      const text = `${title}：一樓 ${ping(found.ground)}，${found.upper ? `二樓 ${ping(found.upper)}` : "沒有二樓"}，` +
        `${found.cars ? `車庫 ${found.cars} 輛（${found.detached ? "分開" : "相連"}）` : "沒有車庫"}，屋頂${roofName}。`;
      this.svg.attr("aria-label", text);
      this.caption.text(text);
      this.draw(plan);
    }

    draw({ width, storeys, upperWidth, garage, cars, gap, roof, pitch, chimney }) {
      const total = width + gap + garage, view = Math.max(VIEW.width, total + 2), left = (view - total) / 2, floor = VIEW.height - 0.6;
      this.svg.attr("viewBox", `0 0 ${view} ${VIEW.height}`);
      const walls = [{ x: left, y: floor - STOREY, width, height: STOREY, kind: "wall" }];
      const upperLeft = left + (width - upperWidth) / 2;
      const eaves = floor - STOREY * (storeys === 2 ? 2 : 1);
      if (storeys === 2) walls.push({ x: left, y: eaves, width, height: STOREY, kind: "wall" });
      if (cars) walls.push({ x: left + width + gap, y: floor - 2.6, width: garage, height: 2.6, kind: "garage" });
      const roofs = [roofPath(roof, left, eaves, width, pitch)];
      if (cars) roofs.push(roofPath(roof === "Flat" ? "Flat" : "Hip", left + width + gap, floor - 2.6, garage, 1.1));
      const attic = storeys === 1.5 ? [{ x: upperLeft, y: eaves - 0.72 * pitch - 0.5, width: upperWidth, height: 1.5, kind: "dormer" }] : [];
      const smoke = chimney ? [{ x: left + 0.72 * width, y: eaves - pitch - 0.4, width: 0.8, height: pitch + 0.4, kind: "chimney" }] : [];
      this.rects("back", smoke);
      Interactive.keep(this.svg, "g", "roofs").selectAll("path").data(roofs).join("path").attr("class", "roof").attr("d", String);
      this.rects("front", [...walls, ...attic, ...this.openings({ left, width, floor, storeys, garage, gap, cars }), ...this.dormerWindows(attic)]);
      Interactive.keep(this.svg, "line", "ground").attr("x1", 0.5).attr("x2", view - 0.5).attr("y1", floor).attr("y2", floor);
    }

    rects(name, list) {
      Interactive.keep(this.svg, "g", name).selectAll("rect").data(list).join("rect").attr("class", ({ kind }) => kind)
        .attr("x", (r) => r.x).attr("y", (r) => r.y).attr("width", (r) => r.width).attr("height", (r) => r.height);
    }

    /** 門一個，其餘每 2.6 公尺一扇窗；車庫一輛一扇門。 */
    openings({ left, width, floor, storeys, garage, gap, cars }) {
      const bays = Math.max(2, Math.floor(width / 2.6)), step = width / bays, door = Math.floor(bays / 2);
      const window = (k, level) => ({ x: left + (k + 0.5) * step - 0.6, y: floor - STOREY * level - 2.1, width: 1.2, height: 1.1, kind: "window" });
      const first = d3.range(bays).map((k) => (k === door ? { x: left + (k + 0.5) * step - 0.5, y: floor - 2.1, width: 1, height: 2.1, kind: "door" } : window(k, 0)));
      const second = storeys === 2 ? d3.range(bays).map((k) => window(k, 1)) : [];
      const doors = d3.range(cars).map((k) => ({ x: left + width + gap + k * (garage / cars) + 0.3, y: floor - 2.1, width: garage / cars - 0.6, height: 2.1, kind: "door" }));
      return [...first, ...second, ...doors];
    }

    dormerWindows(attic) {
      return attic.flatMap(({ x, y, width }) => {
        const n = Math.max(1, Math.floor(width / 2.2)), step = width / n;
        return d3.range(n).map((k) => ({ x: x + (k + 0.5) * step - 0.45, y: y + 0.4, width: 0.9, height: 0.8, kind: "window" }));
      });
    }
  }

  /** 解碼的一棟與選中的真的一棟，並排。 */
  class Drawings {
    constructor(parent, houses) {
      this.houses = houses;
      const box = parent.append("div").attr("class", "drawings needs-decoder");
      [this.decoded, this.own] = [new Drawing(box), new Drawing(box)];
    }

    show(decoded, row) {
      const { houses } = this, { index, variables } = houses;
      const amount = (code) => { const one = decoded[index.get(code)]; return one.chance < 0.5 ? 0 : one.mean; };
      const best = (code) => d3.maxIndex(decoded[index.get(code)].p);
      const word = (code, k, key) => (k === null ? "" : variables[index.get(code)][key][k]);
      this.decoded.show("解碼的", amount, (code) => word(code, best(code), "levels"), word("RoofStyle", best("RoofStyle"), "labels"));
      this.own.box.attr("hidden", row === null ? "" : null);
      if (row === null) return;
      const level = (code) => houses.level(row, index.get(code));
      this.own.show(`真的 ${houses.id[row]} 號`, (code) => houses.number(row, code) ?? 0, (code) => word(code, level(code), "levels"), word("RoofStyle", level("RoofStyle"), "labels"));
    }
  }

  window.Explorer = { ...window.Explorer, Drawings, drawing: { features, shape, roofPath } };
})();
