// The page on which a person labels: one prompt a time, the keyboard first. A click is shown as given when the server has
// it on the disk, and not before.
'use strict';

const $ = id => document.getElementById(id);
let data, at = 0;            // the prompt in view
let here = 0, question = 0;  // the answer, and of verdicts its requirement, that keys are about
let busy = Promise.resolve();
const said = new Map(), skipped = new Map(), history = [];

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    name.startsWith('on') ? node.addEventListener(name.slice(2), value) : value !== null && node.setAttribute(name, value);
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

const task = () => data.tasks[at];
const key = (id, index, requirement) => JSON.stringify([id, index, requirement]);
const valueOf = (t, answer, requirement) => said.get(key(t.id, answer.index, requirement));
const numQuestions = () => data.form === 'verdicts' ? task().requirements.length : 1;

function isWhole(t) {
  if (skipped.get(t.id)) return true;
  const questions = data.form === 'verdicts' ? t.requirements.length : 1;
  return t.answers.every(a => [...Array(questions).keys()].every(q => valueOf(t, a, q) !== undefined));
}

function complain(text) {
  $('problem').textContent = text;
  $('problem').hidden = !text;
}

function showProgress(progress) {
  $('progress').textContent = `${progress.done} of ${progress.total} prompts`;
  $('bar').max = progress.total;
  $('bar').value = progress.done;
}

/// Sends one click after the other; what the server refuses is not shown as given.
function send(label, remember = true) {
  const before = label.skipped === undefined ? said.get(key(label.prompt_id, label.index, label.requirement))
                                             : skipped.get(label.prompt_id);
  busy = busy.then(async () => {
    let answer, body;
    try {
      answer = await fetch('labels', {
        method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(label)
      });
      body = await answer.json();
    } catch (error) {
      return complain('The program does not answer; is it still running? This click is not kept.');
    }
    if (!answer.ok) return complain(body.error);
    complain('');
    apply(label);
    if (remember) history.push({...label, before});
    showProgress(body);
    draw();
  });
  return busy;
}

function apply(label) {
  if (label.skipped !== undefined) return skipped.set(label.prompt_id, label.skipped);
  const place = key(label.prompt_id, label.index, label.requirement);
  label.value === null ? said.delete(place) : said.set(place, label.value);
}

function give(answer, requirement, value) {
  return send({prompt_id: task().id, index: answer.index, requirement, value});
}

/// To the next thing that has no value yet, or stays.
function advance() {
  const t = task(), questions = numQuestions(), total = t.answers.length * questions;
  for (let step = 1; step <= total; ++step) {
    const place = (here * questions + question + step) % total;
    const [a, q] = [Math.floor(place / questions), place % questions];
    if (valueOf(t, t.answers[a], q) === undefined) return [here, question] = [a, q];
  }
}

async function choose(value) {
  const answer = task().answers[here], requirement = question;
  await give(answer, requirement, value);
  if (valueOf(task(), answer, requirement) !== value) return;
  advance();
  draw();
}

function go(to) {
  at = Math.min(Math.max(to, 0), data.tasks.length);
  here = question = 0;
  draw();
  scrollTo(0, 0);
}

/// The next prompt that is not done, from here on and then from the start; the end where there is none.
function goOn() {
  const n = data.tasks.length;
  for (let step = 1; step <= n; ++step)
    if (!isWhole(data.tasks[(at + step) % n])) return go((at + step) % n);
  go(n);
}

function skip() {
  const id = task().id;
  return send({prompt_id: id, skipped: true}).then(() => skipped.get(id) && goOn());
}

/// Takes the last click of this sitting back.
async function undo() {
  const last = history.pop();
  if (!last) return;
  const {before, ...label} = last;
  if (label.skipped !== undefined)
    await send({...label, skipped: !!before}, false);
  else
    await send({...label, value: before === undefined ? null : before}, false);
  go(data.tasks.findIndex(t => t.id === label.prompt_id));
  if (label.skipped !== undefined) return;
  here = Math.max(task().answers.findIndex(a => a.index === label.index), 0);
  question = label.requirement;
  draw();
}

function choiceButtons(answer, a) {
  const values = data.form === 'ranks' ? task().answers.map((_, i) => i + 1) : [0, 1, 2, 3, 4, 5];
  const given = valueOf(task(), answer, 0);
  return el('div', {class: 'choices', role: 'group', 'aria-label': data.form === 'ranks' ? 'rank' : 'score'}, values.map(
      value => el('button', {
        'aria-pressed': String(given === value),
        onclick: () => { here = a; choose(value); }
      }, String(value))));
}

function requirementRows(answer, a) {
  return task().requirements.map((wording, q) => {
    const given = valueOf(task(), answer, q);
    const button = (name, value) => el('button', {
      class: name, 'aria-pressed': String(given === value),
      onclick: () => { [here, question] = [a, q]; choose(value); }
    }, name);
    return el('div', {class: 'requirement' + (a === here && q === question ? ' here' : '')},
              el('span', {class: 'wording'}, wording), button('yes', 1), button('no', 0));
  });
}

function answerBox(answer, a) {
  return el('section', {class: 'answer' + (a === here ? ' here' : ''), 'aria-label': `answer ${a + 1}`},
            el('div', {class: 'text'}, answer.text),
            data.form === 'verdicts' ? requirementRows(answer, a) : choiceButtons(answer, a));
}

const kKeys = {
  ranks: [['1 2 3', 'rank of the framed answer, 1 is the best, equal numbers are ties']],
  scores: [['0 ... 5', 'score of the framed answer']],
  verdicts: [['y n', 'does the framed answer meet the requirement?']]
};

function showKeys() {
  const keys = [...kKeys[data.form], ['↑ ↓', 'another one'], ['Enter', 'next prompt'], ['← →', 'any prompt'],
                ['s', 'pass over'], ['u', 'take back']];
  $('keys').replaceChildren(...keys.flatMap(([name, text]) => [el('kbd', {}, name), ` ${text}   `]));
}

async function showAgreement(box) {
  const answer = await fetch('agreement'), body = await answer.json();
  const text = answer.ok ? `Of ${body.pairs} pairs of answers that you find different, the model's judge orders ${
                               body.agree} as you do; it does not tell ${body.tied} apart, and ${
                               body.missing} have an answer that it did not score.`
                         : body.error;
  box.replaceChildren(el('p', {id: 'agreement'}, text));
}

function endPage() {
  const open = data.tasks.filter(t => !isWhole(t)).length;
  const box = el('div', {});
  if (!open && data.has_judge) showAgreement(box);
  return el('div', {id: 'end'}, el('h1', {}, open ? `${open} prompts are still open.` : 'All is labelled. Thank you.'),
            el('p', {}, 'Everything is on the disk; you can close this page and stop the program.'), box,
            el('nav', {}, el('button', {onclick: () => go(0)}, 'From the beginning'),
               open ? el('button', {onclick: goOn}, 'To the next open one') : null));
}

function draw() {
  document.body.dataset.at = at;
  if (at >= data.tasks.length) return $('main').replaceChildren(endPage());
  const t = task(), state = skipped.get(t.id) ? ', passed over' : isWhole(t) ? ', done' : '';
  $('main').replaceChildren(
      el('p', {id: 'place'}, `Prompt ${at + 1} of ${data.tasks.length}${state}`), el('div', {class: 'prompt'}, t.prompt),
      ...t.answers.map(answerBox),
      el('nav', {}, el('button', {onclick: goOn}, 'Next'), el('button', {onclick: skip}, 'Pass over'),
         el('button', {onclick: undo}, 'Take back')));
}

function move(by) {
  const questions = numQuestions(), total = task().answers.length * questions;
  const place = Math.min(Math.max(here * questions + question + by, 0), total - 1);
  [here, question] = [Math.floor(place / questions), place % questions];
  draw();
  const framed = document.querySelector('.requirement.here') || document.querySelector('.answer.here');
  framed.scrollIntoView({block: 'nearest'});
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !data) return;
  const onButton = event.target instanceof HTMLButtonElement && (event.key === 'Enter' || event.key === ' ');
  if (onButton) return;
  const actions = {ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), u: undo};
  if (at < data.tasks.length)
    Object.assign(actions, {ArrowUp: () => move(-1), ArrowDown: () => move(1), Enter: goOn, s: skip});
  const values = data.form === 'verdicts' ? {y: 1, n: 0} : {};
  const most = at < data.tasks.length && (data.form === 'ranks' ? task().answers.length : 5);
  if (data.form !== 'verdicts')
    for (let v = data.form === 'ranks' ? 1 : 0; v <= most; ++v) values[v] = v;
  if (at < data.tasks.length && event.key in values)
    choose(values[event.key]);
  else if (event.key in actions)
    actions[event.key]();
  else
    return;
  event.preventDefault();
}

async function begin() {
  try {
    data = await (await fetch('tasks')).json();
  } catch (error) {
    return complain('The program does not answer; is it still running?');
  }
  data.labels.forEach(apply);
  showProgress(data.progress);
  showKeys();
  const first = data.tasks.findIndex(t => !isWhole(t));
  go(first < 0 ? data.tasks.length : first);
  document.body.dataset.ready = 'yes';
}

addEventListener('keydown', onKey);
begin();
