/** Words, boxes and offsets of one page. Offsets count Unicode code points, as everywhere outside of the browser. */

/** `text.slice` by code points. */
export function slicer(text) {
  const points = /[\ud800-\udfff]/.test(text) ? [...text] : null;
  return points ? (start, end) => points.slice(start, end).join("") : (start, end) => text.slice(start, end);
}

/** Code points in the first `units` UTF-16 units of a text. */
export const pointsIn = (text, units) => [...text.slice(0, units)].length;

/** UTF-16 units in the first `points` code points of a text. */
export const unitsIn = (text, points) => [...text].slice(0, points).join("").length;

function sameLine(a, b) {
  const overlap = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return overlap > 0.5 * Math.min(a[3] - a[1], b[3] - b[1]) && b[2] > a[0];
}

function around(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

/** One box for each line on paper that the stretch touches. Words are [start, end, x0, y0, x1, y1]. */
export function boxesOf(words, start, end) {
  const lines = [];
  for (const [from, to, ...box] of words) {
    if (from >= end || to <= start) continue;
    const last = lines.at(-1);
    if (last && sameLine(last, box)) lines[lines.length - 1] = around(last, box);
    else lines.push(box);
  }
  return lines;
}

function distance([, , x0, y0, x1, y1], x, y) {
  const dx = Math.max(x0 - x, 0, x - x1);
  const dy = Math.max(y0 - y, 0, y - y1);
  return dx + 4 * dy; // another line is further away than another word of the line
}

/** The place in `words` of the word nearest to a point of the page, or -1 where it has none. */
export function nearestWord(words, x, y) {
  let best = -1;
  let least = Infinity;
  words.forEach((word, index) => {
    const d = distance(word, x, y);
    if (d < least) [best, least] = [index, d];
  });
  return best;
}

/** The stretch widened to whole words. */
export function wholeWords(words, start, end) {
  const touched = words.filter(([from, to]) => from < end && to > start);
  if (!touched.length) return [start, end];
  return [Math.min(start, touched[0][0]), Math.max(end, touched.at(-1)[1])];
}
