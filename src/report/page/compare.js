// Runs beside each other: settings that differ, models, curves over each other.
const runs = data.runs, runNames = runs.map(r => r.name);
const perRun = build => runs.map((run, k) => ({name: run.name, color: colour(k), ...build(run)}));
const modelsOf = run => at(run, 'evaluation/models') || [];
const allModels = [...new Set(runs.flatMap(run => modelsOf(run).map(m => m.name)))];
const modelOf = (run, name) => modelsOf(run).find(m => m.name === name);

function compareHead() {
  document.title = runNames.join(' · ');
  document.getElementById('head').append(
      el('p', {class: 'eyebrow'}, 'Runs compared'), el('h1', {}, `${runs.length} runs`),
      table(
          ['run', 'directory', 'models', 'warnings', 'first to last file'],
          runs.map(
              (r, k) =>
                  [keyed(visible(r.name), colour(k)), visible(r.path), modelsOf(r).map(m => m.name).join(' '),
                   whole(r.warnings.length), fine(r.wall_seconds) ? duration(r.wall_seconds) : '–']),
          'settings'));
}
function compareWarnings() {
  if (runs.every(r => !r.warnings.length))
    return el('p', {class: 'calm'}, 'Nothing unusual was found in any of the runs.');
  return runs.map(
      (r, k) => r.warnings.length > 0 &&
          div('stage', el('h3', {}, keyed(visible(r.name), colour(k))), warningList(r.warnings)));
}
function settings() {
  if (!data.settings.length) return el('p', {class: 'calm'}, 'All settings are the same.');
  return table(
      ['setting', ...runNames],
      data.settings.map(
          s => [el('code', {}, s.key), ...s.values.map(v => v === null ? '–' : visible(v) || '(empty)')]),
      'settings');
}

const kMeasures = [  // title, path in a model, digits, scale, meaning
  ['Gold', 'gold/sampled/mean', 2, 1, 'Mean true score of sampled answers.'], ['Greedy gold', 'gold/greedy/mean', 2, 1, 'Mean true score of greedy answers.'],
  ['Judge: pairs', 'reward_model/pairwise_accuracy', 1, 100, 'Held-out pairs that the model, as a judge, puts in the right order, in percent; ± is half of the 95 % interval.'],
  ['Judge: Spearman', 'reward_model/spearman', 3, 1, 'Rank correlation of the judge\'s scores with the ranks.'], ['Tokens', 'answer_tokens_mean', 1, 1, 'Mean length of an answer.'],
  ['Ended', 'stopped_share', 0, 100, 'Answers that ended by themselves, in percent.']];
const measured = () =>
    kMeasures.filter(([, path]) => runs.some(run => modelsOf(run).some(m => fine(at(m, path)))));
const errorAt = (m, path) => path.endsWith('/mean') ? at(m, path.replace(/mean$/, 'standard_error')) : null;
function winsAgainstM1(run, name) {
  const duels = at(run, 'evaluation/head_to_head'), list = Array.isArray(duels) ? duels : [];
  const d = ['gold', 'judge']
                .map(
                    by => list.find(
                        d => d && d.by === by &&
                            ((d.a === name && d.b === 'M1') || (d.a === 'M1' && d.b === name))))
                .find(Boolean);
  if (!d || name === 'M1') return '–';
  const [win, lose] = d.a === name ? [at(d, 'win'), at(d, 'lose')] : [at(d, 'lose'), at(d, 'win')];
  return `${fixed(100 * win, 0)} / ${fixed(100 * lose, 0)}`;
}
function compareModels() {
  if (!allModels.length) return null;
  const columns = measured(),
        rows = allModels.flatMap(
            name => runs.map((run, k) => [name, run, modelOf(run, name), k]).filter(([, , m]) => m));
  const cell = (m, [, path, digits, scale]) =>
      [fixed(at(m, path) * scale, digits),
       fine(errorAt(m, path)) && el('small', {}, '±' + fixed(errorAt(m, path), 2))];
  return table(
      ['model', 'run', ...columns.map(c => c[0] + (c[3] === 100 ? ' %' : '')), 'vs M1, win / lose %'],
      rows.map(
          ([name, run, m, k]) =>
              [name, keyed(visible(run.name), colour(k)), ...columns.map(c => cell(m, c)),
               winsAgainstM1(run, name)]),
      'compared');
}
function compareProgress() {
  const charts = measured().map(
      ([title, path, digits, scale, about]) => points(
          title, allModels, perRun(run => ({
                                     values: allModels.map(name => at(modelOf(run, name), path) * scale),
                                     errors: allModels.map(name => errorAt(modelOf(run, name), path))
                                   })),
          {about, format: v => fixed(v, digits)}));
  return charts.some(Boolean) ? div('grid wide', charts) : null;
}
function compareRounds() {
  const last = Math.max(0, ...runs.flatMap(run => run.rounds.map(r => r.t))),
        names = Array.from({length: last}, (_, i) => i + 1);
  const of = (run, t, path) => at(run.rounds.find(r => r.t === t), path);
  const chart = (title, value, about) => points(
      title, names.map(t => 'round ' + t), perRun(run => ({values: names.map(t => value(run, t))})),
      {about, format: v => brief(v)});
  const charts = [
    chart('Mean score of the judge', (run, t) => of(run, t, 'score_mean')),
    chart('Entropy of the scores', (run, t) => of(run, t, 'score_entropy')),
    chart(
        'Pairs', (run, t) => 100 * of(run, t, 'pairs') / of(run, t, 'prompts'),
        'Prompts that gave a pair, in percent.'),
    chart(
        'Wrong pairs', (run, t) => 100 * of(run, t, 'gold_agreement/wrong'),
        'Pairs whose rejected answer has the better true score, in percent.'),
    chart(
        'Gap captured', (run, t) => 100 * of(run, t, 'gold_judging/gap_captured'),
        'True difference of the answers that the judge finds best and worst, in percent of the largest.'),
    chart(
        'Length, chosen to rejected',
        (run, t) => of(run, t, 'preferences/chosen_length') / of(run, t, 'preferences/rejected_length'))
  ].filter(Boolean);
  return charts.length ? div('grid', charts) : null;
}
function compareTraining() {
  const stages = [...new Set(runs.flatMap(run => run.training.map(s => s.name)))];
  const lines = (stage, key) =>
      runs.map((run, k) => ({
                 series: at(run.training.find(s => s.name === stage), 'series'),
                 name: run.name,
                 color: colour(k)
               }))
          .filter(l => l.series)
          .map(l => ({name: l.name, color: l.color, x: l.series.step, y: l.series[key]}));
  return stages.map(
      stage => div(
          'stage', el('h3', {}, stage === 'sft_baseline' ? 'SFT baseline' : stage), div('grid', [
            ['Loss', 'loss'], ['Reward margin', 'rewards/margins'], ['Reward accuracy', 'rewards/accuracies'],
            ['Log-probability, chosen', 'logps/chosen'], ['Log-probability, rejected', 'logps/rejected']
          ].map(([title, key]) => curves(title, lines(stage, key), {about: key})))));
}

compareHead();
drawSections([
  ['warnings', 'Before you trust them', '', compareWarnings],
  ['settings', 'Settings that differ', '', settings], ['models', 'Models', '', compareModels],
  ['progress', 'Did they improve?', '', compareProgress], ['rounds', 'Rounds', '', compareRounds],
  ['training', 'Training', 'The same stage of every run, over each other.', compareTraining]
]);
