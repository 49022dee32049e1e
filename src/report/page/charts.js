// Charts as inline SVG. Each has a readout that follows the pointer or the arrow keys, and its values as a
// table.
const kColours =
    ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)', 'var(--c7)', 'var(--c8)'];
const colour = i => kColours[i % kColours.length];
const W = 340, L = 44, R = 10, T = 8;

function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find(m => m * power >= raw) * power, list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) list.push(i * step);
  return list;
}
function range(values, pad) {
  let low = Infinity, high = -Infinity;
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    low -= room;
    high += room;
  }
  return [low - pad * (high - low), high + pad * (high - low)];
}
function frame(height, [low, high], format) {
  const bottom = height - 22, y = v => bottom - (v - low) / (high - low) * (bottom - T);
  const grid = ticks(low, high, 4)
                   .map(
                       v =>
                           [svg('line', {x1: L, x2: W - R, y1: y(v), y2: y(v), stroke: 'var(--line)'}),
                            svg('text', {x: L - 7, y: y(v) + 4, 'text-anchor': 'end'}, format(v))]);
  return {bottom, y, grid};
}
const keyed = (name, color) => el('span', {class: name ? 'key' : '', style: `--c:${color}`}, name);

// A card: title, readout, picture, values. `count` places are read by show(i); rest() is the readout at rest.
function card({title, about, height, count, x, show, rest, picture, head, rows}) {
  const readout = div('readout'), bottom = height - 22;
  const cursor = svg(
      'line', {y1: T, y2: bottom, stroke: 'var(--faint)', 'stroke-dasharray': '2 3', visibility: 'hidden'});
  let place = -1;
  const leave = () => {
    place = -1;
    cursor.setAttribute('visibility', 'hidden');
    readout.replaceChildren(...rest());
  };
  const go = i => {
    place = Math.max(0, Math.min(count - 1, i));
    fill(cursor, {x1: x(place), x2: x(place), visibility: 'visible'}, []);
    readout.replaceChildren(...show(place));
  };
  const move = event => {
    const box = image.getBoundingClientRect(), px = (event.clientX - box.left) / box.width * W;
    let near = 0;
    for (let i = 1; i < count; i++)
      if (Math.abs(x(i) - px) < Math.abs(x(near) - px)) near = i;
    go(near);
  };
  const key = event => {
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10}[event.key];
    if (step) {
      event.preventDefault();
      go(place < 0 ? (step > 0 ? 0 : count - 1) : place + step);
    }
    if (event.key === 'Escape') leave();
  };
  const image =
      svg('svg', {
        viewBox: `0 0 ${W} ${height}`,
        role: 'img',
        tabindex: 0,
        'aria-label': `${title}. ${about || ''} Arrow keys read the values; a table follows.`,
        on: {pointermove: move, pointerdown: move, pointerleave: leave, keydown: key, blur: leave}
      },
          svg('rect', {x: 0, y: 0, width: W, height, fill: 'transparent'}), picture, cursor);
  const values = details('Values');
  values.addEventListener('toggle', () => {
    if (values.open && !values.children[1]) values.append(table(head, rows(), 'values'));
  });
  leave();
  return div(
      'card chart', el('h3', {}, title), readout, image, about && el('p', {class: 'note'}, about), values);
}
