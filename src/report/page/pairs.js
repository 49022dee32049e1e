// The pair browser: a list that draws only the rows in view, and the opened prompt with all answers and
// replies.
const kRow = 64;  // height of a row in pixels, as in style.css
const kWhy = {
  tie: 'all scored answers have the same mean score',
  fewer_than_two_scores: 'fewer than two answers have a score',
  identical_texts: 'the best and the worst answer are the same text',
  anchor_is_better: 'the earlier model\'s worst answer has the higher score (pairs.choose anchored)',
  rewards_disagree: 'the implicit reward orders the answers the other way (pairs.keep)',
  below_margin: 'the scores are less apart than pairs.margin',
  below_top_share: 'other pairs of the round are told apart more clearly (pairs.top_share)',
  unfinished: 'the round has no pairs yet',
  not_in_file: 'preferences.jsonl has no pair of it'
};

// The arrays of report/pairs.h as objects.
const unpack = (row, place) => {
  const [t, id, origin, prompt, why, chosen, rejected, answers] = row;
  const score = i => i === null ? null : answers[i][3], kept = why === null;
  return {
    place,
    t,
    id,
    origin,
    prompt,
    why,
    chosen,
    rejected,
    answers,
    kept,
    words: null,
    margin: kept && fine(score(chosen)) && fine(score(rejected)) ? score(chosen) - score(rejected) : null
  };
};
const wordsOf = p => p.words ??=
    [p.prompt, p.id, ...p.answers.flatMap(a => [a[0], ...a[4].map(r => r[2])])].join('\n').toLowerCase();

function answer(kind, label, [text, tokens, cutOff, score, replies], open) {
  const scores = replies.map(([s, failure]) => fine(s) ? brief(s) : plain(failure)).join(', ');
  const count = `${replies.length} judge ${replies.length === 1 ? 'reply' : 'replies'}: ${scores}`;
  return div(
      'answer ' + kind,
      div('label', el('span', {}, label),
          el('span', {}, el('b', {}, fixed(score, 2)), ' ',
             listed(fine(tokens) && `${tokens} tokens`, cutOff && 'cut off'))),
      longText(text),
      replies.length > 0 &&
          el('details', {open: open && ''}, el('summary', {}, count),
             replies.map(
                 ([s, failure, reply], k) =>
                     [el('p', {class: 'label'},
                         `Reply ${k + 1}: ${fine(s) ? `score ${brief(s)}` : `no score (${plain(failure)})`}`),
                      longText(reply)])));
}
function verdict(p) {
  if (!p.kept) return el('p', {class: 'verdict bad'}, `No pair: ${kWhy[p.why] || plain(p.why)}.`);
  const score = i => fixed(p.answers[i][3], 2);
  return el(
      'p', {class: 'verdict'},
      fine(p.margin) ? `Kept: the best mean score, ${score(p.chosen)}, against the worst, ${
                           score(p.rejected)}; margin ${fixed(p.margin, 2)}.` :
                       'Kept.');
}
function opened(p, open) {
  const others = p.answers.map((a, i) => [a, i])
                     .filter(([, i]) => i !== p.chosen && i !== p.rejected)
                     .sort(([a], [b]) => (b[3] ?? -1) - (a[3] ?? -1));
  return el(
      'article', {class: 'card'},
      el('small', {}, listed(`round ${p.t}`, visible(p.id), p.origin && `written by ${visible(p.origin)}`)),
      longText(p.prompt, 'prompt'), verdict(p),
      div('sides',
          p.kept &&
              [
                answer('chosen', 'Chosen', p.answers[p.chosen], open),
                answer('rejected', 'Rejected', p.answers[p.rejected], open)
              ],
          others.map(([a]) => answer('', p.kept ? 'Not used' : 'Answer', a, open))));
}

// rows that draw themselves as they come into view; pick(i) opens one.
function virtualList(label, drawRow, pick) {
  const room = div('room'),
        view = el('div', {class: 'rows', role: 'listbox', tabindex: 0, 'aria-label': label});
  let items = [], selected = -1;
  const draw = () => {
    const first = Math.max(0, Math.floor(view.scrollTop / kRow) - 4),
          last = Math.min(items.length, first + Math.ceil(view.clientHeight / kRow) + 8);
    room.replaceChildren(...Array.from({length: last - first}, (_, k) => {
      const i = first + k;
      return el(
          'div', {
            role: 'option',
            id: 'row-' + i,
            class: 'row',
            style: `top:${i * kRow}px`,
            'aria-selected': String(i === selected),
            'aria-setsize': items.length,
            'aria-posinset': i + 1,
            on: {click: () => select(i)}
          },
          drawRow(items[i]));
    }));
  };
  const select = i => {
    if (!items.length) return;
    selected = Math.max(0, Math.min(items.length - 1, i));
    if (selected * kRow < view.scrollTop) view.scrollTop = selected * kRow;
    if ((selected + 1) * kRow > view.scrollTop + view.clientHeight)
      view.scrollTop = (selected + 1) * kRow - view.clientHeight;
    view.setAttribute('aria-activedescendant', 'row-' + selected);
    draw();
    pick(items[selected]);
  };
  view.addEventListener('keydown', event => {
    const to = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + 7,
      PageUp: selected - 7,
      Home: 0,
      End: items.length - 1
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      select(to);
    }
  });
  view.addEventListener('scroll', draw, {passive: true});
  new ResizeObserver(draw).observe(view);
  const set = list => {
    items = list;
    selected = -1;
    room.style.height = `${list.length * kRow}px`;
    view.scrollTop = 0;
    draw();
  };
  view.append(room);
  return {view, set, select};
}

function pairRow(p) {
  const mark = p.kept ?
      el('b', {class: 'kept'}, fine(p.margin) ? '+' + fixed(p.margin, 2) : 'kept') :
      el('b', {class: 'dropped'}, plain(p.why).replace('fewer than two scores', 'unscored'));
  const scores = p.kept && fine(p.margin) &&
      `${fixed(p.answers[p.chosen][3], 2)} against ${fixed(p.answers[p.rejected][3], 2)}`;
  return [
    mark,
    el('span', {}, el('bdi', {}, visible(p.prompt.slice(0, 160)).replaceAll('\n', ' ')),
       el('small', {}, listed(`round ${p.t}`, visible(p.id), scores, `${p.answers.length} answers`)))
  ];
}

const kOrders = {
  'in the order of the run': null,
  'largest margin first': (a, b) => (b.margin ?? -1) - (a.margin ?? -1),
  'smallest margin first': (a, b) => (a.margin ?? 1e9) - (b.margin ?? 1e9)
};
const choice = (label, options) =>
    el('select', {'aria-label': label}, options.map(([value, text]) => el('option', {value}, text)));
function pairs() {
  const all = data.pairs.rows.map(unpack), left = data.pairs.left_out;
  if (!all.length) return null;
  const search = el('input', {
    type: 'search',
    placeholder: 'Search prompts, answers, replies',
    'aria-label': 'Search prompts, answers, replies'
  });
  const reasons = [...new Set(all.filter(p => !p.kept).map(p => p.why))];
  const round =
      choice('Round', [['', 'all rounds'], ...[...new Set(all.map(p => p.t))].map(t => [t, `round ${t}`])]);
  const outcome = choice('Outcome', [
    ['', 'kept and dropped'], ['kept', 'kept'], ['dropped', 'dropped, any reason'],
    ...reasons.map(r => [r, 'dropped: ' + plain(r)])
  ]);
  const number = label => el('input', {type: 'number', step: 'any', placeholder: label, 'aria-label': label});
  const low = number('margin from'), high = number('margin to'),
        order = choice('Order', Object.keys(kOrders).map(k => [k, k]));
  const count = el('small', {role: 'status'}), pane = el('div', {class: 'pane', 'aria-live': 'polite'}),
        open = el('input', {type: 'checkbox'});
  let shown = null, found = all;
  const pick = p => {
    shown = p;
    pane.replaceChildren(opened(p, open.checked));
  };
  const list = virtualList('Prompts', pairRow, pick);
  const within = p => (low.value === '' || (p.margin ?? -Infinity) >= +low.value) &&
      (high.value === '' || (p.margin ?? Infinity) <= +high.value);
  const outcomeFits = p => outcome.value === '' ||
      (outcome.value === 'kept'        ? p.kept :
           outcome.value === 'dropped' ? !p.kept :
                                         p.why === outcome.value);
  const refresh = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = all.filter(
        p => (round.value === '' || p.t === +round.value) && outcomeFits(p) && within(p) &&
            words.every(word => wordsOf(p).includes(word)));
    if (kOrders[order.value]) found.sort(kOrders[order.value]);
    count.textContent = `${whole(found.length)} of ${whole(all.length)} prompts`;
    list.set(found);
    found.length ? pick(found[0]) : pane.replaceChildren();
  };
  for (const field of [search, low, high]) field.addEventListener('input', refresh);
  for (const field of [round, outcome, order]) field.addEventListener('change', refresh);
  open.addEventListener('change', () => shown && pick(shown));
  refresh();
  indexSoon(all);
  const printed = div('printed');
  addEventListener(
      'beforeprint', () => printed.replaceChildren(...found.slice(0, 5).map(p => opened(p, false))));
  return [
    left > 0 &&
        el('p', {class: 'calm'},
           `To keep this page below 40 MB it holds ${whole(all.length)} of ${
               whole(data.pairs.total)} prompts, an even choice by the hash of their ids; the other ${
               whole(left)} are in the run's files.`),
    div('tools', search, round, outcome, low, high, order, el('label', {}, open, ' replies open'), count),
    div('browser', list.view, pane), printed
  ];
}
// Lower-cased texts for the search, a few at a time so that the page stays at hand.
function indexSoon(all, from = 0) {
  for (const p of all.slice(from, from + 200)) wordsOf(p);
  if (from + 200 < all.length) setTimeout(() => indexSoon(all, from + 200));
}
