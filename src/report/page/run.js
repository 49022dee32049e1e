// The head, the warnings, and what was run.
function head() {
  const last = models.at(-1), first = models[0], parts = [], strong = text => el('b', {}, text);
  const compare = (a, b) => b > a ? 'rose' : b < a ? 'fell' : 'stayed';
  if (!last)
    parts.push('No model of this run has been evaluated yet. What is there so far is shown below.');
  else {
    const from = at(first, 'gold/sampled/mean'), to = at(last, 'gold/sampled/mean');
    if (fine(from) && fine(to) && first !== last)
      parts.push(
          `From ${first.name} to ${last.name} the true score of the answers ${compare(from, to)} from `,
          strong(fixed(from, 2)), ' to ', strong(fixed(to, 2)), ` of ${data.max_score}. `);
    const won = last.name !== 'M1' && bestDuel(last.name, 'M1');
    if (won)
      parts.push(
          `Against M1, ${last.name} wins `, strong(percent(won.win)), ' and loses ',
          strong(percent(won.lose)), ` of the prompts by ${referee(won.by)}. `);
    const before = at(first, 'reward_model/pairwise_accuracy'),
          after = at(last, 'reward_model/pairwise_accuracy');
    if (fine(after))
      parts.push(
          `As a judge ${parts.length ? 'it' : last.name} puts `, strong(percent(after)),
          ' of the ranked pairs in the right order',
          fine(before) && first !== last ? ` (${first.name}: ${percent(before)})` : '', '.');
  }
  document.title = data.name + ' · selfreward';
  document.getElementById('head').append(
      el('p', {class: 'eyebrow'}, 'Self-rewarding run'), el('h1', {}, data.name),
      el('p', {class: 'lede'}, parts));
}

function warnings() {
  const looked = [
    data.rounds.some(r => !r.unfinished) &&
        'judge failures, ties, pairs, lengths, cut-off and repeated answers, scores',
    data.training.length && 'losses and log-probabilities',
    models.length && 'the judge\'s accuracy against M1 and against judges that do not read'
  ].filter(Boolean);
  if (!data.warnings.length)
    return looked.length ?
        el('p', {class: 'calm'}, 'Nothing unusual was found. Looked at: ' + looked.join('; ') + '.') :
        null;
  return warningList(data.warnings);
}

const drops = object => {
  const list = Object.entries(object || {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return list.length ?
      el('ul', {class: 'drops'}, list.map(([reason, n]) => el('li', {}, `${whole(n)} × ${plain(reason)}`))) :
      null;
};

const kSeedNames = {
  ift: 'Instruction examples (IFT)',
  eft: 'Judging examples (EFT)',
  ranked_train: 'Ranked prompts, training',
  ranked_held_out: 'Ranked prompts, held out',
  eval_prompts: 'Evaluation prompts'
};
const kEftNames = {
  judged_prompts: 'Prompts judged by the baseline',
  kept_prompts: 'of them in the order of the ranks',
  judgements: 'Judgements kept'
};
function whatWasRun() {
  const s = data.seed || {}, e = s.eft_building || {},
        counts = (names, from) =>
            Object.entries(names).filter(([k]) => fine(from[k])).map(([k, label]) => [label, whole(from[k])]);
  const made =
      data.rounds.flatMap(r => [[
                            `Round ${r.t}`,
                            listed(
                                fine(r.prompts) && `${whole(r.prompts)} prompts`,
                                fine(r.pairs) && `${whole(r.pairs)} pairs`, r.unfinished && 'under way')
                          ]]);
  const list = [
    ...data.setup.map(f => [f.label, f.value]), ...counts(kSeedNames, s), ...counts(kEftNames, e), ...made,
    fine(data.wall_seconds) && ['First to last file, pauses included', duration(data.wall_seconds)],
    data.config && ['Page made by', 'selfreward ' + data.version]
  ].filter(Boolean);
  const dropped = [drops(e.dropped), drops(s.dropped)].filter(Boolean), changed = data.changed || [];
  if (!list.length) return null;
  return [
    facts(list), dropped.length > 0 && details('What was left out of the seed data, and why', dropped),
    changed.length > 0 &&
        details(
            `${changed.length} settings that differ from the defaults`,
            table(
                ['setting', 'of this run', 'default'],
                changed.map(
                    c =>
                        [el('code', {}, c.key), visible(c.value),
                         c.default === null ? 'not known to this version' : visible(c.default) || '(empty)']),
                'settings')),
    data.config && details('All settings (config.yaml)', el('pre', {}, visible(data.config)))
  ];
}
