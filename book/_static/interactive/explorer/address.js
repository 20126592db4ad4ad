/* 探索器的網址：把手在哪裡、看哪一棟、從哪一棟走到哪一棟、塗什麼顏色，描述的房子知道哪幾欄。
 * 房子寫編號，社區與欄寫資料裡的代碼。 */
(function () {
  "use strict";

  const point = (z) => z.map((value) => String(+value.toPrecision(9))).join();

  /** "1.2,-3" → [1.2, -3]；不是兩個有限的數就是 null。 */
  function readPoint(text) {
    const z = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
    return z.length === 2 && z.every((value) => Number.isFinite(value) && Math.abs(value) <= 100) ? z : null;
  }

  function readShare(text) {
    const t = text.trim() === "" ? NaN : Number(text);
    return t >= 0 && t <= 1 ? t : null;
  }

  class Address {
    /** ids 是各棟的編號，places 是社區的代碼（照水準的順序），asked 是描述得了的欄，planes 是另外的平面的代號。 */
    constructor(ids, places, asked, planes) {
      const house = (text) => { const row = ids.indexOf(Number(text)); return row < 0 || text.trim() === "" ? null : row; };
      const colour = (text) => (["price", "year"].includes(text) ? text : places.includes(text) ? String(places.indexOf(text)) : null);
      const { read } = Explorer.describing;
      const plane = (text) => (planes.includes(text) ? planes.indexOf(text) + 1 : null);
      Object.assign(this, { ids, places, planes });
      this.readField = Object.fromEntries(asked.map((variable) => [variable.code, (text) => (read(variable, text) === null ? null : text)]));
      this.read1 = { z: readPoint, from: readPoint, house, a: house, b: house, t: readShare, colour, plane };
    }

    /** 只寫與剛打開時不同的；在路上就寫走了多少，不寫把手在哪裡。 */
    write({ plane, z, from, house, a, b, t, colour, described }) {
      const id = (row) => (row === null ? null : String(this.ids[row]));
      const pairs = [
        ["plane", plane ? this.planes[plane - 1] : null], ["a", id(a)], ["b", id(b)], ["t", t === null ? null : String(+t.toFixed(4))],
        ["z", t !== null || point(z) === "0,0" ? null : point(z)], ["from", point(from) === "0,0" ? null : point(from)],
        ["house", id(house)], ["colour", colour === "price" ? null : this.places[Number(colour)] ?? colour],
        ...Object.entries(described),
      ];
      return Interactive.writeAddress("explorer", pairs.filter(([, text]) => text !== null));
    }

    /** 讀回 write 寫的；沒有寫的是剛打開時的樣子，看不懂的列在 ignored。不是探索器的網址就是 null。 */
    read(hash) {
      const pairs = Interactive.readAddress("explorer", hash);
      if (!pairs) return null;
      const found = { plane: 0, z: [0, 0], from: [0, 0], house: null, a: null, b: null, t: null, colour: "price", described: {}, ignored: [] };
      for (const [name, text] of pairs) {
        const field = Object.hasOwn(this.readField, name), readers = field ? this.readField : this.read1;
        const value = Object.hasOwn(readers, name) ? readers[name](text) : null;
        if (value === null) found.ignored.push(`${name}=${text}`);
        else (field ? found.described : found)[name] = value;
      }
      if (found.a === found.b) found.b = null;
      if (found.a === null || found.b === null) found.t = null;
      return found;
    }
  }

  window.Explorer = { ...window.Explorer, Address };
})();
