// The answers to the evaluation prompts, and the order of the page.
function answers() {
  if (!data.answers) return null;
  const names = data.answers.models,
        items = data.answers.shown.map(
            row => ({
              row,
              words: [row.prompt, ...row.answers.map(a => a ? a.text : '')].join('\n').toLowerCase()
            }));
  const hint = 'Search prompts and answers',
        search = el('input', {type: 'search', placeholder: hint, 'aria-label': hint}),
        count = el('small', {role: 'status'});
  const list = div('list'), more = el('button', {class: 'more', type: 'button'}, 'Show more');
  const one = ({row}) =>
      el('article', {class: 'card'}, longText(row.prompt, 'prompt'),
         div('sides',
             row.answers.map(
                 (a, i) => a &&
                     div('answer',
                         div('label', el('b', {}, names[i]),
                             el('span', {},
                                listed(
                                    fine(a.gold) && `gold ${brief(a.gold)}`,
                                    a.finish_reason === 'length' && 'cut off'))),
                         longText(a.text)))));
  let found = items, shown = 0;
  const add = () => {
    list.append(...found.slice(shown, shown + 10).map(one));
    shown = Math.min(shown + 10, found.length);
    more.hidden = shown >= found.length;
  };
  const refresh = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = items.filter(item => words.every(word => item.words.includes(word)));
    count.textContent = `${whole(found.length)} of ${whole(items.length)} prompts` +
        (data.answers.total > items.length ? `, chosen out of ${whole(data.answers.total)}` : '');
    list.replaceChildren();
    shown = 0;
    add();
  };
  search.addEventListener('input', refresh);
  more.addEventListener('click', add);
  refresh();
  return [div('tools', search, count), list, more];
}

head();
drawSections([
  ['warnings', 'Before you trust it', '', warnings], ['run', 'What was run', '', whatWasRun],
  ['progress', 'Did it improve?', 'The two axes of the paper: answers and judgements.', progress],
  ['models', 'Models', '', modelTable],
  ['duels', 'Head to head', 'Every model answers the same prompts.', duelBars],
  ['training', 'Training', 'Move over a chart, or use the arrow keys, to read its values.', training],
  [
    'rounds', 'Rounds',
    'From prompts to preference pairs; the best answer against the worst, ties give no pair.', rounds
  ],
  ['histograms', 'Scores, lengths, margins', '', histograms], ['lengths', 'Drift of the length', '', lengths],
  [
    'texts', 'Prompts and answers by round',
    'Texts are compared by their words alone. At most 1,000 texts of a round and 2,000 seeds, evenly spread.',
    texts
  ],
  [
    'pairs', 'Preference pairs',
    'Every prompt of the rounds: what was chosen, what was rejected, what the judge wrote, and why a prompt gave no pair.',
    pairs
  ],
  ['answers', 'Answers', 'The same evaluation prompts, answered by every model.', answers]
]);
