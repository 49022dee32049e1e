// Rounds in numbers, training curves, lengths and distributions.
function flowStep(count, label, kept, keptText, dropped) {
  return el(
      'div', {}, div('count', whole(count)), div('note', label),
      fine(kept) &&
          [
            div('meter', el('i', {style: `width:${Math.max(0, Math.min(1, kept)) * 100}%`})),
            el('small', {}, percent(kept, kept > 0.9 && kept < 1 ? 1 : 0) + ' ' + keptText)
          ],
      drops(dropped));
}
function roundFacts(r) {
  const p = r.preferences || {}, g = r.gold_agreement, lines = [];
  for (const [name, value, digits] of [
           ['Mean score', r.score_mean, 2], ['Spread of the scores', r.score_std, 2],
           ['Entropy of the scores', r.score_entropy, 2], ['Variance of the K replies', r.k_variance, 2]])
    if (fine(value)) lines.push([name, fixed(value, digits)]);
  for (const [name, value] of [
           ['Prompts like a seed (ROUGE-L)', r.seed_likeness],
           ['Prompts like earlier ones (ROUGE-L)', r.earlier_likeness],
           ['Distinct 4-grams of the prompts', r.prompt_variety], ['Answers that run in loops', r.looping],
           ['Noise of the judge', r.judge_noise]])
    if (fine(value)) lines.push([name, fixed(value, 2)]);
  if (fine(p.chosen_length))
    lines.push([
      'Length chosen / rejected',
      `${fixed(p.chosen_length, 1)} / ${fixed(p.rejected_length, 1)} ${p.length_unit}`
    ]);
  const own = r.gold_judging || {};
  if (fine(own.gap_captured))
    lines.push([
      'Judge on these answers, by the truth',
      `${percent(own.pairwise_acc, 0)} of the pairs right, ${percent(own.gap_captured, 0)} of the gap`
    ]);
  if (fine(r.answer_tokens_mean)) lines.push(['Mean answer', fixed(r.answer_tokens_mean, 1) + ' tokens']);
  if (fine(r.duplicate_candidates))
    lines.push(['Repeated answers', percent(r.duplicate_candidates / r.candidates, 1)]);
  for (const [name, s] of Object.entries(r.seconds || {}))
    if (fine(s)) lines.push(['Time, ' + plain(name), duration(s)]);
  if (!g && !lines.length) return null;
  const kinds = g ?
      [
        ['win', '--good', 'agrees', g.agree], ['tie', '--grey', 'true tie', g.tie],
        ['lose', '--bad', 'wrong', g.wrong]
      ] :
      [];
  return div(
      'card',
      g &&
          [
            el('h3', {}, 'Does the true score agree with the judge\'s choice?'),
            el('div', {class: 'bar'},
               kinds.map(
                   ([k, , , v]) =>
                       v > 0 && el('span', {class: k, style: `flex:${v} 0 0`}, v >= 0.08 ? percent(v) : ''))),
            div('readout', kinds.map(([, c, t, v]) => keyed(`${t} ${percent(v, 1)}`, `var(${c})`)))
          ],
      facts(lines));
}
function rounds() {
  return data.rounds.map(r => {
    const failed = sum(r.judge_failures),
          out = r.prompt_drops &&
        Object.fromEntries(Object.entries(r.prompt_drops).map(([k, n]) => ['left out: ' + k, n]));
    return el(
        'div', {class: 'stage'}, el('h3', {}, `Round ${r.t}: M${r.t} → M${r.t + 1}`),
        r.unfinished && el('p', {class: 'note'}, 'Under way: what is finished so far.'),
        div('flow', fine(r.prompts) && flowStep(r.prompts, 'new prompts', null, '', out),
            fine(r.candidates) &&
                flowStep(r.candidates, 'answers', r.candidates_stopped / r.candidates, 'ended by themselves'),
            r.judge_replies > 0 &&
                flowStep(
                    r.judge_replies, 'judge\'s replies', 1 - failed / r.judge_replies, 'have a score',
                    r.judge_failures),
            fine(r.pairs) &&
                flowStep(
                    r.pairs, 'preference pairs', r.unfinished ? null : (r.paired_prompts ?? r.pairs) / r.prompts, 'of the prompts',
                    r.pair_drops),
            r.judgement_pairs &&
                flowStep(r.judgement_pairs.pairs, 'pairs of judgements', null, '', r.judgement_pairs.drops)),
        roundFacts(r));
  });
}

function training() {
  return data.training.map(s => {
    const v = s.series, around = s.points_of > 1, one = key => [{x: v.step, y: v[key], color: colour(0)}];
    const two = kind => ['chosen', 'rejected'].map(
        (side, i) => ({name: side, x: v.step, y: v[`${kind}/${side}`], color: colour(i)}));
    const chart = (title, lines, about) => curves(title, lines, {around, about});
    const main = [
      chart('Loss', one('loss')), chart('Reward margin', one('rewards/margins'), 'rewards/margins'),
      chart('Reward accuracy', one('rewards/accuracies'), 'rewards/accuracies'),
      chart(
          'Log-probability of the answers', two('logps'),
          'logps/chosen and logps/rejected: both falling is a warning'),
      chart('Implicit rewards', two('rewards'), 'rewards/chosen and rewards/rejected'),
      chart('Gradient norm', one('grad_norm'), 'grad_norm')
    ];
    const more = [
      chart('NLL of the chosen answer', one('nll_loss')), chart('Replay loss', one('replay_loss')),
      chart('Learning rate', one('learning_rate'))
    ].filter(Boolean);
    return el(
        'div', {class: 'stage'},
        el('h3', {}, s.name === 'sft_baseline' ? 'SFT baseline' : s.name, ' ',
           el('small', {},
              `${v['rewards/margins'] ? 'DPO' : 'SFT'}, ${whole(s.steps)} steps, loss ${
                  brief(s.loss_ends[0])} → ${brief(s.loss_ends[1])}`)),
        div('grid', main), more.length > 0 && details('More curves', div('grid', more)));
  });
}

function lengths() {
  const names = data.rounds.map(r => 'round ' + r.t),
        line = (name, path, k) => ({name, color: colour(k), values: data.rounds.map(r => at(r, path))});
  const unit = at(data.rounds.find(r => r.preferences), 'preferences/length_unit') || 'tokens';
  const ofRounds = points(
      'Answers in the rounds', names,
      [
        line('all answers', 'answer_tokens_mean', 2), line('chosen', 'preferences/chosen_length', 0),
        line('rejected', 'preferences/rejected_length', 1)
      ],
      {
        about: `Mean length in ${unit}. Chosen above rejected teaches the next model to write longer.`,
        format: v => brief(v)
      });
  const ofModels = points(
      'Answers to the evaluation prompts', models.map(m => m.name),
      [{name: 'mean length', color: colour(0), values: models.map(m => m.answer_tokens_mean)}],
      {about: 'Mean length in tokens, model by model.', format: v => brief(v)});
  return ofRounds || ofModels ? div('grid wide', ofRounds, ofModels) : null;
}

const histograms = () => data.histograms.length ? div('grid', data.histograms.map(histogram)) : null;
function texts() {
  const kinds = [['prompts', 'New prompts'], ['answers', 'Answers']]
                    .map(([kind, title]) => [title, data.texts.filter(h => h.kind === kind)])
                    .filter(([, list]) => list.length);
  if (!kinds.length) return null;
  return [
    kinds.map(([title, list]) => div('stage', el('h3', {}, title), div('grid', list.map(histogram)))),
    data.no_seeds &&
        el('p', {class: 'note stage'},
           'The seed texts could not be read, so nothing is compared with them: ' + visible(data.no_seeds))
  ];
}
