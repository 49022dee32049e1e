// What the models are worth: the two axes, the table, who beats whom.
const evaluation = data.evaluation || {}, models = evaluation.models || [];
const duels = Array.isArray(evaluation.head_to_head) ?
    evaluation.head_to_head.filter(d => d && typeof d === 'object') :
    [];
const nullJudges = Object.entries(evaluation.null_judges || {});

function duel(a, b, by) {  // from the side of a; {win, tie, lose} or undefined
  const straight = duels.find(d => d.a === a && d.b === b && d.by === by);
  if (straight) return straight;
  const turned = duels.find(d => d.a === b && d.b === a && d.by === by);
  return turned && {...turned, a, b, win: turned.lose, lose: turned.win};
}
const bestDuel = (a, b) => duel(a, b, 'gold') || duel(a, b, 'judge');
const referee = by => by === 'gold' ? 'the true score' : by === 'judge' ? 'the judge' : String(by);
// Beside "x/mean" may stand "x/standard_error"; beside any "x" its "x_standard_error" or "x_interval" [low,
// high].
const errorOf = (m, path) => {
  if (path.endsWith('/mean')) return at(m, path.replace(/mean$/, 'standard_error'));
  const interval = at(m, path + '_interval');
  return Array.isArray(interval) ? (interval[1] - interval[0]) / 2 : at(m, path + '_standard_error');
};

function progress() {
  const names = models.map(m => m.name);
  const line = (name, path, color, dash) => ({
    name,
    color,
    dash,
    labelled: !dash,
    values: models.map(m => at(m, path)),
    errors: models.map(m => errorOf(m, path))
  });
  const nulls =
      nullJudges.map(([name, j]) => ({name, value: j && j.pairwise_accuracy})).filter(r => fine(r.value));
  const gold = points(
      'Following instructions', names,
      [line('sampled', 'gold/sampled/mean', colour(0)), line('greedy', 'gold/greedy/mean', colour(1), '4 3')],
      {
        about: `Mean true score of an answer, 0 to ${data.max_score}; the band is one standard error.`,
        format: (v, exact) => fixed(v, exact ? 2 : 1)
      });
  const share = name => {
    const d = bestDuel(name, 'M1');
    return name === 'M1' ? 0.5 : d && d.win + d.tie / 2;
  };
  const wins = gold ||
      duels.length > 0 &&
          points(
              'Following instructions', names,
              [{name: 'points against M1', color: colour(0), values: names.map(share)}], {
                about: 'Points against M1: wins and half of the ties, by the judge.',
                format: v => percent(v)
              });
  const judge = points(
      'Judging answers', names, [line('pairwise accuracy', 'reward_model/pairwise_accuracy', colour(0))], {
        about: 'Share of held-out answer pairs that the model, as a judge, puts in the order of their ranks; ' +
            'the band is the 95 % interval over prompts.',
        format: v => percent(v),
        references: nulls
      });
  return wins || judge ? div('grid wide', wins, judge) : null;
}

const kColumns = [  // group, title, path, digits, scale, meaning
  ['Following instructions', 'Gold', 'gold/sampled/mean', 2, 1, 'The true score of sampled answers, with its standard error. Only runs that have a gold scorer know it.'],
  ['Following instructions', 'Greedy', 'gold/greedy/mean', 2, 1, 'The true score when the most probable token is always taken.'],
  ['Following instructions', 'All met', 'gold/sampled/all_met', 0, 100, 'Share of the sampled answers with the full score.'],
  ['Judging answers', 'Pairs', 'reward_model/pairwise_accuracy', 1, 100, 'Pairwise accuracy: pairs of answers put in the right order; a tie of the judge is an error. ± is half of the 95 % interval over prompts, here and in all figures of judging.'],
  ['Judging answers', 'No ties', 'reward_model/pairwise_accuracy_no_ties', 1, 100, 'The same among the pairs that the judge does tell apart.'],
  ['Judging answers', '5 best', 'reward_model/five_best', 1, 100, 'Among the answers that the judge gives a full score: how many are the best ranked one.'],
  ['Judging answers', 'Exact', 'reward_model/exact_match', 1, 100, 'Prompts whose complete order of answers is right.'],
  ['Judging answers', 'Spearman', 'reward_model/spearman', 3, 1, 'Rank correlation of the judge\'s scores with the ranks.'],
  ['Judging answers', 'Kendall τ', 'reward_model/kendall_tau', 3, 1, 'Right minus wrong orders of pairs, as a share.'],
  ['Judging answers', 'Gap', 'reward_model/gap_captured', 0, 100, 'Of the true difference between the best and the worst answer of a prompt: how much the judge finds between those that it scores best and worst. So much of the signal DPO gets.'],
  ['Judging answers', 'Best of N', 'reward_model/best_of_n', 0, 100, 'The same of the answer that the judge scores best above the mean answer: what choosing it brings.'],
  ['Judging answers', 'Verdicts', 'reward_model/verdicts/all/right_share', 0, 100, 'Of a checklist: verdicts on single requirements that are as the rules find.'],
  ['Judging answers', 'Evidence', 'reward_model/verdicts/all/exact_share', 0, 100, 'Replies that note the very evidence that the rules find.'],
  ['Answers', 'Tokens', 'answer_tokens_mean', 1, 1, 'Mean length of an answer. Watch it: judges tend to like long answers.'],
  ['Answers', 'Ended', 'stopped_share', 0, 100, 'Answers that ended by themselves and were not cut off.']];

function modelCell(m, [, , path, digits, scale]) {
  const value = at(m, path), error = errorOf(m, path);
  const values = models.map(other => at(other, path)).filter(fine), best = Math.max(...values);
  const leads = !m.isNull && !/^answer_|^stopped/.test(path) && value === best && Math.min(...values) < best;
  return el(
      'td', {class: leads ? 'best' : null}, fixed(value * scale, digits),
      fine(error) && el('small', {}, '±' + fixed(error * scale, scale === 100 ? 1 : 2)));
}
function againstCell(m, other) {
  const d = m.name !== other && !m.isNull && bestDuel(m.name, other);
  const error =
      d && fine(d.standard_error) && d.n > 0 && el('small', {}, '±' + fixed(100 * d.standard_error, 1));
  return el('td', {}, d ? `${fixed(100 * at(d, 'win'), 0)} / ${fixed(100 * at(d, 'lose'), 0)}` : '–', error);
}
/// Of a checklist: each kind of requirement, and how often each model's verdict on it is right.
function verdictTable() {
  const judges = models.filter(m => at(m, 'reward_model/verdicts/kinds'));
  if (!judges.length) return null;
  const of = m => m.reward_model.verdicts.kinds, first = of(judges[0]);
  const cell = counts => !counts ? '–' :
                                   `${percent(counts.right / counts.n, 0)} right, ${percent(counts.exact / counts.n, 0)} exact`;
  const rows = Object.entries(first).map(([kind, counts]) => [
    kind, whole(counts.n), percent(counts.majority / counts.n, 0), ...judges.map(m => cell(of(m)[kind]))
  ]);
  return details(
      'Verdicts and evidence by kind of requirement',
      table(['requirement', 'verdicts', 'majority', ...judges.map(m => m.name)], rows, 'verdicts'));
}
function modelTable() {
  if (!models.length) return null;
  const rows = [
    ...models, ...nullJudges.map(([name, j]) => ({name: 'judge: ' + name, reward_model: j, isNull: true}))
  ];
  const columns = kColumns.filter(c => rows.some(m => fine(at(m, c[2])))), groups = [];
  for (const [group] of columns) {
    const open = groups.at(-1);
    open && open[0] === group ? open[1]++ : groups.push([group, 1]);
  }
  const split = columns.findIndex(c => c[0] !== 'Following instructions'),
        cut = split < 0 ? columns.length : split;
  const wins = cells => duels.length ? cells : [],
        title = c => el('th', {scope: 'col'}, c[1] + (c[4] === 100 ? ' %' : ''));
  if (duels.length) cut > 0 ? groups[0][1] += 2 : groups.unshift(['Following instructions', 2]);
  const row = (m, i) =>
      el('tr', {class: m.isNull ? 'null' : null}, el('td', {}, m.name),
         columns.slice(0, cut).map(c => modelCell(m, c)),
         wins([againstCell(m, 'M1'), i > 0 ? againstCell(m, rows[i - 1].name) : el('td', {}, '–')]),
         columns.slice(cut).map(c => modelCell(m, c)));
  return [
    div('scroll',
        el('table', {class: 'models'},
           el('thead', {},
              el('tr', {}, el('th'),
                 groups.map(([name, span]) => el('th', {colspan: span, scope: 'colgroup'}, name))),
              el('tr', {}, el('th', {scope: 'col'}, 'Model'), columns.slice(0, cut).map(title),
                 wins([el('th', {}, 'vs M1 %'), el('th', {}, 'vs prev. %')]), columns.slice(cut).map(title))),
           el('tbody', {}, rows.map(row)))),
    details(
        'What the columns mean',
        el('dl', {}, columns.map(c => [el('dt', {}, c[1]), el('dd', {}, c[5])]),
           duels.length > 0 &&
               [
                 el('dt', {}, 'vs M1, vs prev.'),
                 el('dd', {},
                    'Prompts won / lost, the rest are ties, by the true score where there is one, else by the judge; ± is the standard error of wins plus half of the ties.')
               ],
           nullJudges.length > 0 &&
               [
                 el('dt', {}, 'judge: random, longest'),
                 el('dd', {},
                    'Judges that do not read the answers. What a model scores above them is its skill as a judge.')
               ])),
    verdictTable()
  ];
}

function duelBars() {
  if (!duels.length) return null;
  const bar = d =>
      el('div', {
        class: 'bar',
        role: 'img',
        'aria-label': `win ${percent(d.win, 1)}, tie ${percent(d.tie, 1)}, lose ${percent(d.lose, 1)}`,
        title: `win ${percent(d.win, 1)}, tie ${percent(d.tie, 1)}, lose ${percent(d.lose, 1)}`
      },
         ['win', 'tie', 'lose'].map(
             k => d[k] > 0 &&
                 el('span', {class: k, style: `flex:${d[k]} 0 0`}, d[k] >= 0.06 ? percent(d[k]) : '')));
  const row = d => div(
      'duel', div('side', String(d.a)), bar(d),
      div('other', el('b', {}, String(d.b)), el('small', {}, fine(d.n) ? `  ${whole(d.n)} prompts` : '')));
  return [...new Set(duels.map(d => d.by))].map(
      by =>
          div('card stage', el('h3', {}, 'By ' + referee(by)),
              div('readout',
                  [['--good', 'left wins'], ['--grey', 'tie'], ['--bad', 'right wins']].map(
                      ([c, t]) => keyed(t, `var(${c})`))),
              duels.filter(d => d.by === by).map(row)));
}
