#include "verifiable/phrases.h"

#include <map>

#include "base/text_util.h"

namespace selfreward::verifiable {
namespace {

struct Wordings {
  std::vector<std::string> train, eval;
  const std::vector<std::string>& of(const std::string& split) const {
    return split == "train" ? train : eval;
  }
};

// {t} the topic.
const std::map<std::string, Wordings> kOpenings = {
    {"text",
     {{"Write a short text about {t}.", "Tell me something about {t}.", "Describe {t} to a child.",
       "What comes to your mind when you think of {t}?", "Please write a few lines about {t}.",
       "I need a short paragraph about {t}.", "Explain why {t} can matter to us.",
       "Write a blog post about {t}, but keep it short.", "Give me a brief introduction to {t}.",
       "Help me fill a page of my notebook with some lines on {t}."},
      {"Compose a small piece on the subject of {t}.", "Say a few words on {t}.",
       "How would you describe {t} to a visitor from far away?",
       "My niece asks about {t}. What should I tell her?", "Draft a short passage that deals with {t}.",
       "Could you write something brief on {t}?"}}},
    {"list",
     {{"Make a list of things that have to do with {t}.", "List some words that belong to {t}.",
       "Which things come up when we talk about {t}?", "Collect some key points about {t}.",
       "Give me ideas for a class about {t}."},
      {"Put together a short overview of {t}.", "What would you note down about {t}?",
       "Name several aspects of {t}."}}},
    {"json",
     {{"Describe {t} as data.", "Make a record about {t} for my program.", "Fill in a data sheet on {t}.",
       "I want to store a few facts about {t}."},
      {"Turn what you know of {t} into structured data.", "Prepare a small data entry on {t}."}}},
    {"language",
     {{"Write a little about {t}.", "Please tell me about {t}.", "Talk about {t}."},
      {"Write some lines with {t} as the theme.", "What can you say about {t}?"}}},
    {"choice",
     {{"{t}", "I have a question. {t}", "Answer this question: {t}", "Tell me what you think. {t}"},
      {"Please decide. {t}", "Here is something that I ask myself. {t}"}}},
    {"letter",
     {{"Write {t}.", "Please write {t} for me.", "I need {t}.", "Help me with {t}."},
      {"Draft {t}.", "Could you prepare {t}?"}}},
};

// {n} the count, {m} the upper end of a range, {w} the words in quotes, {x} the text, {l} the language.
const std::map<std::string, Wordings> kPhrases = {
    {"sentences exactly",
     {{"Write exactly {n} sentences.", "Use {n} sentences, no more and no less.",
       "Your answer must have exactly {n} sentences."},
      {"It should consist of precisely {n} sentences.", "Stop after {n} sentences and write no fewer."}}},
    {"sentences at most",
     {{"Use at most {n} sentences.", "Do not write more than {n} sentences.",
       "Keep it to {n} sentences or fewer."},
      {"No more than {n} sentences, please.", "The limit is {n} sentences."}}},
    {"sentences at least",
     {{"Write at least {n} sentences.", "Use {n} or more sentences.",
       "The answer must not have fewer than {n} sentences."},
      {"I expect no fewer than {n} sentences.", "A minimum of {n} sentences is needed."}}},
    {"words at most",
     {{"Use at most {n} words.", "Keep it under {n} words or right at that number.",
       "The answer may have no more than {n} words."},
      {"Stay within {n} words.", "It has to fit into {n} words."}}},
    {"words at least",
     {{"Write at least {n} words.", "Use {n} or more words.", "Do not write fewer than {n} words."},
      {"A minimum of {n} words is required.", "It should not be shorter than {n} words."}}},
    {"words between",
     {{"Write between {n} and {m} words.", "Use {n} to {m} words."},
      {"The length must lie from {n} to {m} words."}}},
    {"paragraphs exactly",
     {{"Write {n} paragraphs with a blank line between them.",
       "Split the text into {n} paragraphs, separated by an empty line."},
      {"Structure it as {n} paragraphs that are set apart by a blank line."}}},
    {"bullets exactly",
     {{"Use exactly {n} bullet points, each on a line that starts with \"- \".",
       "Answer with {n} bullet points.", "Write {n} lines, each a bullet point with a dash."},
      {"Give precisely {n} bullets, one to a line.",
       "The list needs {n} bullet points, marked with a dash."}}},
    {"bullets at least",
     {{"Use at least {n} bullet points.", "Give {n} or more bullet points."},
      {"I expect a minimum of {n} bullets, one to a line."}}},
    {"bullets at most",
     {{"Use bullet points, at most {n} of them and at least one."},
      {"Use bullets, one to a line, from one to {n} of them."}}},
    {"numbered exactly",
     {{"Make it a numbered list from 1 to {n}.",
       "Number the points: exactly {n} of them, as 1. 2. and so on."},
      {"Answer with a numbered list of precisely {n} points."}}},
    {"placeholders at least",
     {{"Use at least {n} placeholders in square brackets, such as [name].",
       "Put in {n} or more placeholders like [date] in square brackets."},
      {"Leave at least {n} gaps in square brackets, as in [address]."}}},
    {"include",
     {{"Use {w}.", "Include {w}.", "Your answer must contain {w}."},
      {"Make sure that {w} can be found in it.", "Mention {w} somewhere."}}},
    {"exclude",
     {{"Do not use {w}.", "Avoid {w}.", "Never write {w}."},
      {"Leave out {w} entirely.", "Please do without {w}."}}},
    {"lower_case",
     {{"Write everything in lower case letters.", "Use no capital letters at all."},
      {"All letters have to be small ones.", "Capitals are not allowed."}}},
    {"upper_case",
     {{"Write everything in capital letters.", "Use upper case letters only."},
      {"All letters have to be capitals.", "Small letters are not allowed."}}},
    {"title",
     {{"Give it a title in double square brackets, such as [[My title]].",
       "Start with a title like this: [[Title]]."},
      {"Put a title into double square brackets, as in [[A title]]."}}},
    {"heading",
     {{"The first line must be a heading that starts with \"# \".",
       "Begin with a markdown heading (\"# \") on its own line."},
      {"Open with a heading line, marked by \"# \" as in markdown."}}},
    {"json",
     {{"Answer with a JSON object and nothing else. Its keys are {w}.",
       "Reply in JSON only, as one object with the keys {w}."},
      {"The whole reply must be one valid JSON object with exactly the keys {w}."}}},
    {"starts_with",
     {{"Start with \"{x}\".", "Your first words must be \"{x}\".", "Begin the answer with \"{x}\"."},
      {"Let the text open with \"{x}\".", "The answer has to start with the words \"{x}\"."}}},
    {"ends_with",
     {{"End with \"{x}\".", "Your last words must be \"{x}\".", "Finish the answer with \"{x}\"."},
      {"Let the text close with \"{x}\".", "The answer has to end with the words \"{x}\"."}}},
    {"ends_with mark",
     {{"End with a question mark.", "The last sentence must be a question.", "Finish with a question."},
      {"Close with a question.", "Let the answer end in a question mark."}}},
    {"language",
     {{"Answer in {l}.", "Write in {l} only.", "Use {l}, not English."},
      {"The reply has to be in {l}.", "Please put it in {l}."}}},
    {"no_repetition",
     {{"Do not say anything twice.", "Avoid repetition."},
      {"Every sentence should be new.", "Do not repeat yourself."}}},
    {"forbid ,",
     {{"Do not use any commas.", "Write without commas."},
      {"Commas are not allowed.", "There must be no comma in it."}}},
    {"forbid !",
     {{"Do not use exclamation marks.", "Write without exclamation marks."},
      {"Exclamation marks are not allowed."}}},
    {"forbid ?",
     {{"Do not ask any question: no question marks.", "Write without question marks."},
      {"Question marks are not allowed."}}},
    {"choice",
     {{"Choose one of these sentences and write it word for word: {w}.",
       "Your answer must contain exactly one of {w}."},
      {"Decide for one of {w} and put that sentence into your answer."}}},
};

// More wordings of training, for prompts beyond the files of verifiable/ (verifiable_data --prompts): a judge that has read two
// wordings of a requirement takes a third one for its opposite.
const std::map<std::string, std::vector<std::string>> kMorePhrases = {
    {"sentences exactly",
     {"{n} sentences, not one more.", "Make it {n} sentences long.", "The text is to have {n} sentences.",
      "I want {n} sentences from you, exactly.", "Let it have {n} sentences, neither more nor less.",
      "Say it in {n} sentences.", "Give me just {n} sentences.", "Your text is {n} sentences long."}},
    {"sentences at most",
     {"{n} sentences at the very most.", "There may be up to {n} sentences.",
      "More than {n} sentences are too many.", "Be brief: {n} sentences or less.",
      "Do not go beyond {n} sentences.", "I will stop reading after {n} sentences.",
      "Let it have {n} sentences or fewer.", "Up to {n} sentences are fine.",
      "The text must not be longer than {n} sentences."}},
    {"sentences at least",
     {"{n} sentences at the very least.", "There have to be {n} sentences or more.",
      "Fewer than {n} sentences are too few.", "Give me {n} sentences, better more.",
      "Do not stop before you have {n} sentences.", "It takes {n} sentences or more.",
      "Let it have {n} sentences or even more.", "From {n} sentences up."}},
    {"words at most",
     {"{n} words at the very most.", "There may be up to {n} words.", "More than {n} words are too many.",
      "Be brief: {n} words or less.", "Do not go beyond {n} words.", "I will stop reading after {n} words.",
      "Let it have {n} words or fewer.", "Up to {n} words are fine.",
      "The text must not be longer than {n} words."}},
    {"words at least",
     {"{n} words at the very least.", "There have to be {n} words or more.",
      "Fewer than {n} words are too few.", "Give me {n} words, better more.",
      "Do not stop before you have {n} words.", "It takes {n} words or more.",
      "Let it have {n} words or even more.", "From {n} words up."}},
    {"words between",
     {"Not under {n} and not over {m} words.", "Aim for something from {n} up to {m} words.",
      "{n} words are the least and {m} the most.", "Let it have {n} words or more, but not over {m}.",
      "Anything between {n} and {m} words is fine.", "At least {n} and at most {m} words.",
      "Write {n} words or more, {m} at the very most."}},
    {"paragraphs exactly",
     {"Divide it into {n} paragraphs and leave a line empty after each.",
      "I want {n} paragraphs, with an empty line in between.",
      "The text is to have {n} paragraphs, parted by blank lines.",
      "Let it have {n} paragraphs; put an empty line after each.",
      "Make {n} paragraphs out of it, a blank line apart."}},
    {"bullets exactly",
     {"Exactly {n} bullet points are wanted.", "Put it into {n} points that begin with a dash.",
      "I want a list with {n} dashes.", "Let the list have {n} points, each with a dash in front.",
      "Write {n} bullet points, neither more nor fewer.",
      "Answer in {n} points; a dash stands before each."}},
    {"bullets at least",
     {"{n} bullet points at the very least.", "Fewer than {n} bullet points are too few.",
      "There have to be {n} or more points that begin with a dash.",
      "Do not stop before you have {n} bullet points.", "From {n} bullet points up.",
      "Let the list have {n} points with a dash, or more."}},
    {"bullets at most",
     {"Make a list with dashes of no more than {n} points.", "A list of bullet points, {n} at the very most.",
      "Do not go beyond {n} bullet points, but write one.",
      "Up to {n} bullet points are fine; write one at least."}},
    {"numbered exactly",
     {"Count the points through from 1 to {n}.", "I want {n} points with a number before each.",
      "Write 1. to {n}., one point behind each number.", "Let the list run from 1 to {n}.",
      "Put a number before each of {n} points.", "Answer in {n} numbered lines: 1., 2. and so on.",
      "Give me {n} steps, each with its number."}},
    {"placeholders at least",
     {"Mark {n} or more things to fill in with square brackets, like [place].",
      "There have to be {n} blanks such as [day] in it.",
      "Write {n} fields in square brackets, like [time], or more.",
      "Let {n} places or more be open, such as [name].",
      "Write {n} or more things that I fill in later, like [year].",
      "At least {n} spots must look like [this]."}},
    {"include",
     {"{w} must appear in the text.", "Work {w} in.", "I want to read {w} in it.", "Do not forget {w}.",
      "Let {w} occur.", "Somewhere in it, write {w}.", "I look for {w} in your answer.", "It takes {w}."}},
    {"exclude",
     {"{w} must not appear.", "Get by without {w}.", "I do not want to read {w}.",
      "Do not write {w} anywhere.", "Let {w} not occur.", "Say it without {w}.", "I forbid {w}.",
      "Keep {w} out of it."}},
    {"lower_case",
     {"No letter may be a capital.", "Small letters only.",
      "Do without capital letters, even at the beginning.", "Write it all small.",
      "Let every letter be a small one.", "I forbid capital letters.",
      "Even names begin with a small letter here.", "Keep capital letters out of it."}},
    {"upper_case",
     {"No letter may be a small one.", "Capital letters only.", "Do without small letters.",
      "Write it all in capitals.", "Let every letter be a capital.", "I forbid small letters.",
      "Shout: capital letters all through.", "Keep small letters out of it."}},
    {"title",
     {"There has to be a title in it that looks like [[this]].",
      "Name your text with a title between [[ and ]].", "Let the text have a title such as [[Name]].",
      "Write a title with two square brackets on each side.", "A title like [[Topic]] must not be missing."}},
    {"heading",
     {"Line one is a heading with \"# \" before it.", "Put a \"# \" heading on top.",
      "Let the first line be a heading such as \"# Name\".",
      "Before the text comes a heading line with \"# \"."}},
    {"json",
     {"Give me JSON and no other text: one object, keys {w}.",
      "Your answer is one JSON object. It has the keys {w} and no others.",
      "Let your answer be one JSON object with the keys {w}.",
      "Write no text around it: a JSON object whose keys are {w}."}},
    {"starts_with",
     {"The first thing to read must be \"{x}\".", "\"{x}\" comes first.", "Open your answer with \"{x}\".",
      "Let your first words be \"{x}\".", "In front of all stands \"{x}\".",
      "Before anything else, write \"{x}\"."}},
    {"ends_with",
     {"The last thing to read must be \"{x}\".", "\"{x}\" comes last.", "Close your answer with \"{x}\".",
      "Let your last words be \"{x}\".", "At the very end stands \"{x}\".",
      "After all else, write \"{x}\"."}},
    {"ends_with mark",
     {"The last thing to read must be a question.", "A question comes last.",
      "Leave me with a question at the end.", "Let the last sentence ask something.",
      "At the very end stands a question.", "After all else, ask a question."}},
    {"language",
     {"I only read {l}.", "Say it in {l}, please.", "The answer must be {l}, not English.",
      "Let the answer be in {l}.", "I want to read {l}.", "Speak {l} to me."}},
    {"no_repetition",
     {"No sentence twice.", "Each sentence has to say something else.",
      "Never write the same sentence again.", "Let no sentence come back.", "Say everything just once.",
      "I do not want to read a sentence again."}},
    {"forbid ,",
     {"A comma must not appear.", "Commas are forbidden.", "Leave every comma out.", "No commas anywhere.",
      "Let there be no comma.", "I forbid commas.", "Say it without a comma.", "Keep commas out of it."}},
    {"forbid !",
     {"An exclamation mark must not appear.", "Exclamation marks are forbidden.",
      "Leave every exclamation mark out.", "No exclamation marks anywhere.",
      "Let there be no exclamation mark.", "I forbid exclamation marks.",
      "Say it without an exclamation mark.", "Keep exclamation marks out of it."}},
    {"forbid ?",
     {"A question mark must not appear.", "Question marks are forbidden.", "Leave every question mark out.",
      "No question marks anywhere.", "Let there be no question mark.", "I forbid question marks.",
      "Say it without a question mark.", "Keep question marks out of it."}},
    {"choice",
     {"Take one of these sentences into your answer as it is: {w}.",
      "One of {w} has to stand in your answer, and only one.",
      "Let one of these sentences stand in your answer: {w}.",
      "Copy one of these sentences, and just one: {w}.", "Somewhere in it, write one of {w}."}},
};

const std::vector<std::string> kNumbers = {"zero", "one",   "two",   "three", "four", "five",
                                           "six",  "seven", "eight", "nine",  "ten"};

std::string number(int64_t n, const Seed& seed) {
  const bool in_letters = n < std::ssize(kNumbers) && seed.below(0, 2) == 0;
  return in_letters ? kNumbers[static_cast<size_t>(n)] : str(n);
}

/// "the word \"a\"" or "the words \"a\" and \"b\"", or for keys and sentences only the list.
std::string word_list(const Requirement& r) {
  const bool bare = r.kind == RequirementKind::json || r.kind == RequirementKind::choice;
  const bool any = r.kind == RequirementKind::choice;
  std::string text = bare ? "" : r.words.size() > 1 ? "the words " : "the word ";
  for (size_t i = 0; i < r.words.size(); ++i)
    text += (i == 0                   ? ""
             : i + 1 < r.words.size() ? ", "
             : any                    ? " or "
                                      : " and ") +
            str('"', r.words[i], '"');
  return text;
}

std::string key_of(const Requirement& r) {
  if (r.kind == RequirementKind::ends_with && r.text == "?") return to_string(r.kind) + " mark";
  if (r.kind == RequirementKind::bullets && r.min == 1) return to_string(r.kind) + " at most";
  if (r.kind == RequirementKind::language) return to_string(r.kind);
  return sort_of(r);
}

/// The wordings of a requirement in a split; "more" has those of training too.
std::vector<std::string> choices_of(const std::string& key, const std::string& split) {
  std::vector<std::string> choices = kPhrases.at(key).of(split == "more" ? "train" : split);
  if (split == "more")
    choices.insert(choices.end(), kMorePhrases.at(key).begin(), kMorePhrases.at(key).end());
  return choices;
}

}  // namespace

std::string opening(const std::string& category, const Topic& topic, const Seed& seed) {
  const auto& choices = kOpenings.at(category).of(topic.split);
  return replace_all(choices[seed.below(0, choices.size())], "{t}", topic.name);
}

std::string phrase(const Requirement& r, const std::string& split, const Seed& seed) {
  const auto found = kPhrases.find(key_of(r));
  check(found != kPhrases.end(), "[verifiable] there is no wording for '", key_of(r), "'");
  const std::vector<std::string> choices = choices_of(found->first, split);
  std::string text = choices[seed.below(0, choices.size())];
  const int64_t first = r.kind == RequirementKind::bullets && r.min == 1 ? *r.max
                        : r.min                                          ? *r.min
                                                                         : r.max.value_or(0);
  text = replace_all(std::move(text), "{n}", number(first, seed.child("number")));
  text = replace_all(std::move(text), "{m}", str(r.max.value_or(0)));
  text = replace_all(std::move(text), "{w}", word_list(r));
  text = replace_all(std::move(text), "{l}",
                     r.kind == RequirementKind::language ? wanted_text(r) : std::string());
  text = replace_all(std::move(text), "{x}", r.text);
  return replace_all(std::move(text), ".\".", ".\"");  // one full stop is enough
}

std::vector<std::string> all_wordings(const std::string& split) {
  std::vector<std::string> all;
  const auto add = [&](const std::vector<std::string>& some) {
    all.insert(all.end(), some.begin(), some.end());
  };
  for (const auto& [key, wordings] : kOpenings) add(wordings.of(split == "more" ? "train" : split));
  for (const auto& [key, wordings] : kPhrases) add(choices_of(key, split));
  return all;
}

}  // namespace selfreward::verifiable
