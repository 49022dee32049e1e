// The three kinds of charts: curves over steps, points for categories, histograms.
// Curves over steps: lines of {name, x, y, color}; each has steps of its own.
function curves(title, lines, {about, around, xName = 'step'} = {}) {
  lines = lines.filter(line => line.y && line.x.length && line.y.some(fine));
  if (!lines.length) return null;
  const longest = lines.reduce((a, b) => b.x.length > a.x.length ? b : a);
  const {y, grid} = frame(160, range(lines.flatMap(line => line.y.filter(fine)), 0.06), brief);
  const [first, last] = [Math.min(...lines.map(l => l.x[0])), Math.max(...lines.map(l => l.x.at(-1)))];
  const x = s => L + (s - first) / (last - first || 1) * (W - L - R);
  const path = (line, values) => {
    let pen = 'M';
    return values
        .map((v, i) => {
          if (!fine(v)) {
            pen = 'M';
            return '';
          }
          const point = `${pen}${x(line.x[i]).toFixed(1)} ${y(v).toFixed(1)}`;
          pen = 'L';
          return point;
        })
        .join('');
  };
  const stroke = (line, values, width, opacity) => svg('path', {
    d: path(line, values),
    fill: 'none',
    stroke: line.color,
    'stroke-width': width,
    'stroke-opacity': opacity,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round'
  });
  const nearest = (line, s) => s < line.x[0] || s > line.x.at(-1) ?
      null :
      line.y[line.x.reduce((best, v, i) => Math.abs(v - s) < Math.abs(line.x[best] - s) ? i : best, 0)];
  const show = (title, values) =>
      [el('span', {}, title),
       ...lines.map(
           (line, k) =>
               el('span', {}, lines.length > 1 && keyed(line.name + ' ', line.color), brief(values[k])))];
  return card({
    title,
    about,
    height: 160,
    count: longest.x.length,
    x: i => x(longest.x[i]),
    show: i => show(
        `${around ? 'around ' : ''}${xName} ${whole(longest.x[i])}`,
        lines.map(line => nearest(line, longest.x[i]))),
    rest: () => show('last', lines.map(line => line.y.findLast(fine))),
    picture: [
      grid, svg('text', {x: L, y: 156}, whole(first)),
      svg('text', {x: W - R, y: 156, 'text-anchor': 'end'}, `${xName} ${whole(last)}`),
      lines.map(
          line => line.x.length > 60 && title !== 'Learning rate' ?
              [stroke(line, line.y, 1, 0.3), stroke(line, smooth(line.y), 1.8, 1)] :
              stroke(line, line.y, 1.8, 1))
    ],
    head: [xName, ...lines.map(line => line.name || title)],
    rows: () => spread(longest.x, 12).map(s => [whole(s), ...lines.map(line => brief(nearest(line, s)))])
  });
}
// Noisy curves stay visible behind their moving mean.
function smooth(values) {
  const half = Math.round(values.length / 40);
  return values.map((v, i) => {
    const near = values.slice(Math.max(0, i - half), i + half + 1).filter(fine);
    return fine(v) ? near.reduce((a, b) => a + b) / near.length : v;
  });
}
const spread = (list, count) => list.length <= count ?
    list :
    Array.from({length: count}, (_, i) => list[Math.round(i * (list.length - 1) / (count - 1))]);

// One value for each category: series of {name, color, dash, labelled, values, errors}, references of {name,
// value}.
function points(title, categories, series, {about, format = brief, references = []} = {}) {
  series = series.filter(s => s.values.some(fine));
  if (!series.length) return null;
  const height = 200, all = [
    ...series.flatMap(
        s => s.values.flatMap((v, i) => [v, v + at(s, `errors/${i}`), v - at(s, `errors/${i}`)])),
    ...references.map(r => r.value)
  ];
  const {y, grid} = frame(height, range(all.filter(fine), 0.18), v => format(v, false));
  const x = i => L + (i + 0.5) / categories.length * (W - L - R);
  const one = s =>
      [svg('polyline', {
         fill: 'none',
         stroke: s.color,
         'stroke-width': 1.8,
         'stroke-dasharray': s.dash,
         points: s.values.map((v, i) => fine(v) ? `${x(i)},${y(v)}` : '').join(' ')
       }),
       s.values.map((v, i) => fine(v) && [
         fine(at(s, `errors/${i}`)) && svg('line', {
           x1: x(i),
           x2: x(i),
           y1: y(v - s.errors[i]),
           y2: y(v + s.errors[i]),
           stroke: s.color,
           'stroke-width': 5,
           'stroke-opacity': 0.3
         }),
         svg('circle', {
           cx: x(i),
           cy: y(v),
           r: 3.4,
           fill: s.dash ? 'var(--panel)' : s.color,
           stroke: s.color,
           'stroke-width': 1.4
         }),
         (s.labelled || series.length === 1) &&
             svg('text', {class: 'value halo', x: x(i), y: y(v) - 10, 'text-anchor': 'middle'},
                 format(v, true))
       ])];
  const said = (s, i) =>
      format(s.values[i], true) + (fine(at(s, `errors/${i}`)) ? ' ±' + format(s.errors[i], true) : '');
  const rest = () => [...series.map(s => keyed(s.name, s.color)),
                      references.length > 0 && el('span', {}, 'dotted: judges that do not read')]
                         .filter(Boolean);
  return card({
    title,
    about,
    height,
    count: categories.length,
    x,
    rest,
    show: i =>
        [el('b', {}, categories[i]),
         ...series.map(s => el('span', {}, keyed(s.name + ' ', s.color), said(s, i)))],
    picture: [
      grid,
      references.map(
          r =>
              [svg('line', {
                 x1: L,
                 x2: W - R,
                 y1: y(r.value),
                 y2: y(r.value),
                 stroke: 'var(--bad)',
                 'stroke-width': 1.4,
                 'stroke-dasharray': '1.5 4',
                 'stroke-linecap': 'round'
               }),
               svg('text', {x: W - R, y: y(r.value) - 5, 'text-anchor': 'end', class: 'halo'}, r.name)]),
      series.toReversed().map(one),
      categories.map((name, i) => svg('text', {x: x(i), y: height - 4, 'text-anchor': 'middle'}, name))
    ],
    head: ['', ...series.map(s => s.name), ...references.map(r => r.name)],
    rows: () => categories.map(
        (name, i) => [name, ...series.map(s => said(s, i)), ...references.map(r => format(r.value, true))])
  });
}

// A histogram of report/histograms.h: bars where few values are possible, outlines over each other otherwise.
function histogram(h) {
  const bins = Math.max(...h.series.map(s => s.counts.length)),
        shares = h.series.map(s => s.counts.map(n => n / s.n));
  const {bottom, y, grid} = frame(150, [0, 1.12 * Math.max(...shares.flat())], v => percent(v));
  const step = (W - L - R) / bins, left = i => L + i * step, edge = i => brief(h.from + i * h.width);
  const label = i => h.whole ? edge(i) : `${edge(i)} – ${edge(i + 1)}`;
  const bars = bins <= 8, room = step * (bars ? 0.8 : 1), thin = room / shares.length;
  const bar = (s, k) => s.map((v, i) => v > 0 && svg('rect', {
                                          x: left(i) + (step - room) / 2 + k * thin,
                                          y: y(v),
                                          width: Math.max(1, thin - 1),
                                          height: bottom - y(v),
                                          fill: colour(k),
                                          'fill-opacity': 0.85
                                        }));
  const outline = (s, k) => {
    const d = `M${L} ${bottom}` +
        s.map(
             (v, i) =>
                 `L${left(i).toFixed(1)} ${y(v).toFixed(1)}L${left(i + 1).toFixed(1)} ${y(v).toFixed(1)}`)
            .join('') +
        `L${W - R} ${bottom}`;
    return svg('path', {d, fill: colour(k), 'fill-opacity': 0.12, stroke: colour(k), 'stroke-width': 1.6});
  };
  const name = s => data.rounds.length > 1 ? `round ${s.t} ` : '';
  const every = Math.ceil(bins / (h.whole ? 9 : 6)),
        marks = Array.from({length: bins + (h.whole ? 0 : 1)}, (_, i) => i).filter(i => i % every === 0);
  const looked = h.series.some(s => s.n < s.total) ?
      ` Measured: ${h.series.map(s => `${whole(s.n)} of ${whole(s.total)}`).join(', ')}.` :
      '';
  return card({
    title: h.title,
    about: h.about + looked,
    height: 150,
    count: bins,
    x: i => left(i + 0.5),
    show: i =>
        [el('b', {}, `${label(i)} ${h.unit}`),
         ...h.series.map((s, k) => el('span', {}, keyed(name(s), colour(k)), percent(shares[k][i], 1)))],
    rest: () => h.series.map(
        (s, k) =>
            el('span', {}, keyed(name(s), colour(k)), `mean ${brief(s.mean)}`,
               el('small', {}, `  median ${brief(s.median)}`))),
    picture: [
      grid, shares.map(bars ? bar : outline),
      marks.map(
          i => svg('text', {x: left(i + (h.whole ? 0.5 : 0)), y: 146, 'text-anchor': 'middle'}, edge(i)))
    ],
    head: [h.unit || h.title, ...h.series.map(s => name(s) || 'count')],
    rows: () => Array.from({length: bins}, (_, i) => [label(i), ...h.series.map(s => whole(s.counts[i]))])
  });
}
