#include "verifiable/phrases.h"

#include <map>

#include "base/text_util.h"
#include "verifiable/more_phrases.h"

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
    choices.insert(choices.end(), more_phrases().at(key).begin(), more_phrases().at(key).end());
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
  text = replace_all(std::move(text), ".\".", ".\"");  // one full stop is enough
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');  // three, the words
  return text;
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
